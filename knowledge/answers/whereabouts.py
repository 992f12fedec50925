"""Time, place, other places, post and online filing."""

from __future__ import annotations

from knowledge.answers.expected import expected
from knowledge.answers.money import short
from knowledge.answers.parts import Context, Part, listing, remark, text, unknown
from knowledge.answers.wording import decapitalised, joined
from knowledge.models import Mode, Time
from knowledge.reply import Block


def time(context: Context) -> Part:
    """Compose how long it takes, per mode where modes differ."""
    said = {mode.mode: _mode_times(context, mode) for mode in context.version.modes}
    known = {mode: lines for mode, lines in said.items() if lines}
    if not known:
        return unknown(context, "time.none")
    distinct = list(dict.fromkeys(tuple(lines) for lines in known.values()))
    if len(distinct) == 1:
        return Part((*_same_everywhere(context, list(distinct[0])), *_expected(context)))
    items = [
        (context.texts("time.by_mode", mode=_title(context, mode), time="; ".join(lines)), "")
        for mode, lines in known.items()
    ]
    return Part((text(context.texts("time.title")), listing(items)))


def _same_everywhere(context: Context, lines: list[str]) -> tuple[Block, ...]:
    if len(lines) == 1:
        return (text(context.texts("time.sentence", time=lines[0])),)
    return (text(context.texts("time.title")), listing([(line, "") for line in lines]))


def _expected(context: Context) -> tuple[Block, ...]:
    """Say the day where one time holds for everybody, whatever the mode and case."""
    times = [entry for mode in context.version.modes for entry in mode.times]
    if len({(entry.amount, entry.max_amount, entry.unit, entry.case_name) for entry in times}) != 1:
        return ()
    said = expected(times[0], context.now, context.profile, context.texts)
    return (text(said),) if said else ()


def _mode_times(context: Context, mode: Mode) -> list[str]:
    return [line for line in (_time(context, entry) for entry in mode.times) if line]


def _time(context: Context, entry: Time) -> str:
    if entry.unit == "unknown":
        return entry.note
    texts = context.texts
    said = texts(f"unit.{entry.unit}", amount=entry.max_amount or entry.amount)
    if entry.max_amount and entry.amount:
        said = texts("up_to", amount=entry.amount, time=said)
    if entry.note:
        said = f"{said} ({decapitalised(entry.note.rstrip('.'))})"
    return texts("time.case", case=entry.case_name, time=said) if entry.case_name else said


def _title(context: Context, mode: str) -> str:
    return context.texts(f"mode_title.{mode}")


def short_time(context: Context, mode: Mode) -> str:
    """Return the time of one mode for a table cell."""
    plain = [entry for entry in mode.times if not entry.case_name] or list(mode.times)
    said = [context.texts(f"unit.{entry.unit}", amount=_span(entry)) for entry in plain if entry.unit != "unknown"]
    return "; ".join(dict.fromkeys(said)) or context.texts("unknown_value")


def _span(entry: Time) -> str:
    return (
        f"{entry.amount}–{entry.max_amount}"
        if entry.max_amount and entry.amount
        else str(entry.max_amount or entry.amount)
    )


def place(context: Context) -> Part:
    """Compose where to hand in, with the citizen's own unit where it is known."""
    version, texts = context.version, context.texts
    if version.where:
        blocks = [text(texts("place.sentence", where=version.where.rstrip(".")))]
    elif version.agency and version.agency.name:
        level = texts(f"level.{version.agency.level}")
        blocks = [text(texts("place.agency", agency=version.agency.name, level=level))]
    else:
        return unknown(context, "place.none")
    return Part((*blocks, *_own_unit(context), *_other_channels(context)))


def _own_unit(context: Context) -> tuple[Block, ...]:
    unit, texts = context.unit, context.texts
    if unit is None:
        return ()
    names = [former.name for former in unit.formers if former.name != unit.name][:4]
    formers = texts("place.formers", formers=joined(names, texts)) if names else ""
    sentence = texts("place.unit", unit=f"{unit.kind.lower()} {unit.name}", formers=formers).replace(" .", ".")
    office = context.office
    if office is not None and office.address:
        return (text(f"{sentence} {texts('place.office', office=office.name, address=office.address)}"),)
    return (text(f"{sentence} {texts('place.office_unknown')}"),)


def _other_channels(context: Context) -> tuple[Block, ...]:
    others = [mode.mode for mode in context.version.modes if mode.mode != "in_person"]
    if not others:
        return ()
    names = [context.texts(f"mode.{mode}") for mode in others]
    return (text(context.texts("place.channels", modes=joined(names, context.texts))),)


def elsewhere(context: Context) -> Part:
    """Compose whether one may hand in outside one's own commune."""
    free, texts = context.version.boundary_free, context.texts
    if free is not None:
        return Part((text(texts("elsewhere.yes" if free else "elsewhere.no")),))
    online = texts("elsewhere.online") if _mode(context, "online") else ""
    return Part((text(texts("elsewhere.unknown", online=online)),), known=False)


def post(context: Context) -> Part:
    """Compose whether the post takes the dossier and brings the result."""
    mode = _mode(context, "post")
    return Part((text(context.texts("post.yes" if mode else "post.no")), *_remark(context, mode)))


def online(context: Context) -> Part:
    """Compose how far online filing goes, and how to do it."""
    texts, mode = context.texts, _mode(context, "online")
    if mode is None:
        return Part((text(texts("online.no")),), known=bool(context.version.modes))
    steps = [
        (step.format(code=context.code, province=context.profile.province), "") for step in texts.get("online.steps")
    ]
    said = text(texts(f"online.{mode.online_level or 'unknown'}"))
    return Part((said, *_remark(context, mode), listing(steps, ordered=True)))


def _remark(context: Context, mode: Mode | None) -> tuple[Block, ...]:
    return (remark(context, [mode.note]),) if mode and mode.note else ()


def _mode(context: Context, name: str) -> Mode | None:
    return next((mode for mode in context.version.modes if mode.mode == name), None)


def table(context: Context) -> Block:
    """Return fee and time side by side for every mode."""
    header = tuple(context.texts.get("overview.header"))
    rows = [
        (_title(context, mode.mode), short(context, mode.mode), short_time(context, mode))
        for mode in context.version.modes
    ]
    return Block("table", rows=(header, *rows))


def compare(context: Context) -> Part:
    """Compose the modes beside each other."""
    if not context.version.modes:
        return unknown(context, "time.none")
    return Part((text(context.texts("compare.title", name=context.name)), table(context)))
