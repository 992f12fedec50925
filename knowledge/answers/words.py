"""Steps, conditions, results, legal basis and related procedures."""

from __future__ import annotations

from knowledge.answers.parts import Context, Part, listing, statements, text, unknown


def steps(context: Context) -> Part:
    """Compose the steps."""
    return _sentences(context, "step", "steps", ordered=True)


def conditions(context: Context) -> Part:
    """Compose the conditions the published text names."""
    return _sentences(context, "condition", "conditions", ordered=False)


def result(context: Context) -> Part:
    """Compose what one gets."""
    return _sentences(context, "result", "result", ordered=False)


def _sentences(context: Context, kind: str, key: str, ordered: bool) -> Part:
    found = statements(context, kind)
    if not found:
        return unknown(context, f"{key}.none")
    items = [(sentence.rstrip(";"), "") for sentence in found]
    return Part((text(context.texts(f"{key}.title", name=context.name)), listing(items, ordered=ordered)))


def legal_basis(context: Context) -> Part:
    """Compose the legal texts by number."""
    bases = context.version.legal_bases
    if not bases:
        return unknown(context, "legal_basis.none")
    items = [(f"{base.title} ({base.number})" if base.title else base.number, "") for base in bases]
    return Part((text(context.texts("legal_basis.title", name=context.name)), listing(items)))


def related(context: Context) -> Part:
    """Compose linked procedures as one journey."""
    if not context.version.related:
        return unknown(context, "related.none")
    names = context.names_of([entry.code for entry in context.version.related])
    lines = [_related_line(context, entry, names.get(entry.code, entry.code)) for entry in context.version.related]
    items = [(line, "") for line in lines]
    return Part((text(context.texts("related.title", name=context.name)), listing(items)))


def _related_line(context: Context, entry, name: str) -> str:  # type: ignore[no-untyped-def]
    relation = context.texts(f"related.relation.{entry.relation}")
    note = f": {entry.note.rstrip('.')}" if entry.note else ""
    return context.texts("related.item", name=name, relation=relation, note=note)
