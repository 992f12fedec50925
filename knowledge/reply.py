"""The one shape in which an answer crosses the house: typed outcome, blocks, buttons.

Actions make a Reply and send its JSON through Rasa; the front server stores it with the message,
channels render it within their capabilities. Text uses ``**bold**`` and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

OUTCOMES = frozenset(
    {
        "answered",
        "clarify",
        "unknown_fact",
        "not_found",
        "out_of_scope",
        "status",
        "smalltalk",
        "handoff",
        "unavailable",
    }
)
EXPECTS = frozenset({"", "code", "proof", "phone"})


@dataclass(frozen=True)
class Block:
    """One part of a bubble.

    kind ``text``: ``text``. ``heading``: ``text``. ``list``: ``items`` (``{"text", "badge"}``),
    ``ordered``, numbered from
    ``start``. ``table``: ``rows`` of equal length, first row the header. ``source``: ``text``,
    shown small and muted. ``link``: ``text`` leads to ``url``, a path of the front server until a channel that
    needs a whole address is given one.
    """

    kind: str
    text: str = ""
    items: tuple[Mapping[str, str], ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    ordered: bool = False
    start: int = 1
    url: str = ""

    def plain(self) -> str:
        """Return the block as plain text for channels without layout."""
        if self.kind == "list":
            return "\n".join(self._line(number, item) for number, item in enumerate(self.items, self.start))
        if self.kind == "table":
            return "\n".join(self._row(row) for row in self.rows[1:])
        return f"{self.text}: {self.url}" if self.url.startswith("http") else self.text

    def _line(self, number: int, item: Mapping[str, str]) -> str:
        mark = f"{number}." if self.ordered else "•"
        badge = f" ({item['badge']})" if item.get("badge") else ""
        return f"{mark} {item['text']}{badge}"

    @staticmethod
    def _row(row: tuple[str, ...]) -> str:
        label, *values = row
        return f"• {label}: {' · '.join(value for value in values if value)}"


@dataclass(frozen=True)
class Button:
    """A next step: what it shows, and the intent and entities it sends when tapped."""

    title: str
    intent: str
    entities: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """Where an answer's facts come from."""

    code: str
    name: str
    decision: str
    checked_on: str
    status: str
    url: str


@dataclass(frozen=True)
class Reply:
    """An answer with its typed outcome.

    ``procedures`` are codes the answer is about, best first; ``candidates`` codes offered as
    choices; ``aspects`` what was asked. ``expects`` tells what the next free text may be: a
    dossier ``code``, a ``proof`` (sealed at the door, never stored), a ``phone`` to be called at, or nothing
    special. ``handoff`` is the reason when a person is to take over; ``unit`` the citizen's commune, where it is known.
    """

    outcome: str
    bubbles: tuple[tuple[Block, ...], ...]
    buttons: tuple[Button, ...] = ()
    procedures: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    expects: str = ""
    handoff: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise ValueError(f"unknown outcome {self.outcome!r}")
        if self.expects not in EXPECTS:
            raise ValueError(f"unknown expectation {self.expects!r}")

    def plain(self) -> str:
        """Return what the citizen reads, as plain text, buttons as numbered choices."""
        bubbles = ["\n".join(block.plain() for block in bubble) for bubble in self.bubbles]
        choices = "\n".join(f"[{n}] {button.title}" for n, button in enumerate(self.buttons, 1))
        return "\n\n".join(part.replace("**", "") for part in (*bubbles, choices) if part)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data; ``from_json`` is its inverse."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reply:
        """Return the Reply written by ``to_json``.

        Raises:
            ValueError, TypeError, KeyError: the data is not a reply.
        """
        return cls(
            outcome=data["outcome"],
            bubbles=tuple(tuple(_block(block) for block in bubble) for bubble in data["bubbles"]),
            buttons=tuple(Button(**button) for button in data.get("buttons", ())),
            procedures=tuple(data.get("procedures", ())),
            candidates=tuple(data.get("candidates", ())),
            aspects=tuple(data.get("aspects", ())),
            sources=tuple(Source(**source) for source in data.get("sources", ())),
            expects=data.get("expects", ""),
            handoff=data.get("handoff", ""),
            unit=data.get("unit", ""),
        )


def _block(data: Mapping[str, Any]) -> Block:
    return Block(
        kind=data["kind"],
        text=data.get("text", ""),
        items=tuple(dict(item) for item in data.get("items", ())),
        rows=tuple(tuple(row) for row in data.get("rows", ())),
        ordered=bool(data.get("ordered", False)),
        start=int(data.get("start", 1)),
        url=str(data.get("url", "")),
    )
