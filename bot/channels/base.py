"""What every channel has: a table of what it can, a way in, a way out, and a self-check."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from bot.files.download import Downloader, FileSources
from bot.inbound import Attachment, Tap

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from bot.services import Services


@dataclass(frozen=True)
class Capabilities:
    """What a channel can show and take.

    ``longest_text`` in NFC code points of one call. ``most_buttons`` of one message (0 = none) with
    titles of at most ``longest_title``. ``numbered``: choices also stand as numbers in the text,
    since the buttons may not be there. ``window``: how long after a citizen's last word one may
    write. ``replayed``: readers fetch by themselves what they missed, so a delivery is only a
    wake-up, repeating one does no harm, and no ledger of parts is kept.
    """

    longest_text: int
    most_buttons: int = 0
    longest_title: int = 0
    numbered: bool = True
    links: bool = False
    files: bool = False
    location: bool = False
    typing: bool = False
    window: dt.timedelta | None = None
    replayed: bool = False


@dataclass(frozen=True)
class Choice:
    """A button as a channel shows it; ``bot.choices.tap_code(tap)`` is its payload."""

    title: str
    tap: Tap


@dataclass(frozen=True)
class Link:
    """An address to open; always https."""

    title: str
    url: str


@dataclass(frozen=True)
class Part:
    """What one call to a provider carries: plain text with the spans (start, end) that are bold."""

    text: str
    bold: tuple[tuple[int, int], ...] = ()
    buttons: tuple[Choice, ...] = ()
    links: tuple[Link, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data; ``from_json`` is its inverse."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Part:
        """Return the part written by ``to_json``."""
        return cls(
            text=data["text"],
            bold=tuple((start, end) for start, end in data["bold"]),
            buttons=tuple(Choice(one["title"], Tap(**one["tap"])) for one in data["buttons"]),
            links=tuple(Link(**one) for one in data["links"]),
        )


@dataclass(frozen=True)
class Delivery:
    """A message on its way out, and to whom in the channel's own terms.

    ``heard_at`` is when the citizen last wrote, ``body`` the reply's JSON, ``part_no`` (from 0) of
    ``parts`` which part is sent.
    """

    item_id: int
    conversation_id: str
    channel: str
    external_id: str
    seq: int
    attempt: int
    body: Mapping[str, Any]
    heard_at: dt.datetime | None = None
    part_no: int = 0
    parts: int = 1

    @property
    def template(self) -> Mapping[str, str]:
        """Return what fills the places of the channel's approved template, {} for a free text."""
        return self.body.get("template") or {}

    def is_too_late(self, window: dt.timedelta | None, now: dt.datetime) -> bool:
        """Tell whether the citizen has been silent for longer than the window; a template goes at any time."""
        return bool(window and self.heard_at and not self.template and now - self.heard_at > window)


@dataclass(frozen=True)
class Finding:
    """One line of a self-check: ``key`` names its sentence under ``findings`` in ``texts.vi.yml``."""

    channel: str
    key: str
    ok: bool
    values: Mapping[str, object] = field(default_factory=dict)


class Channel:
    """A way in and out. Subclasses set ``name`` and ``capabilities`` and override what they have."""

    name: str
    capabilities: Capabilities
    # Whether the provider really tells us afterwards what was sent (echo or receipt). Only then is a part whose
    # fate is unknown waited for, and sent again when nothing is heard of it.
    confirms: bool = False
    # The seconds after which the provider tells again what we did not take when it told it first.
    repeats: Sequence[float] = ()
    # Whether an approved template may be sent to who has been silent for longer than the window.
    takes_templates: bool = False
    # Where the files that citizens send may be fetched from; without any, none is.
    file_sources: FileSources = FileSources()
    downloader: Downloader = Downloader()

    def routes(self) -> Sequence[BaseRoute]:
        """Return the channel's endpoints."""
        return ()

    async def run(self, services: Services) -> None:
        """Do what the channel does by itself (polling, renewing tokens) until cancelled; return if there is nothing.

        It runs in one process of an installation at a time. An exception is logged and it is started again.
        """

    async def deliver(self, delivery: Delivery, part: Part) -> str | None:
        """Send one part and return the provider's id of it.

        Raises:
            DeliveryError: one of the classes in ``bot.errors``. Anything else counts as Uncertain.
        """
        raise NotImplementedError

    async def refresh(self) -> None:
        """Get a new access token; called once after RefreshAndRetry, then the part is sent again."""

    async def typing(self, external_id: str) -> None:
        """Show once that an answer is being made; asked again every few seconds where ``capabilities.typing``."""

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """Yield the bytes of a file at the provider; by its address, unless a channel knows another way.

        Size, kind and the time for the whole are watched by the caller, who may stop early.

        Raises:
            FileRefused: it is not to be had, or must not be fetched. Anything else: it is tried again later.
        """
        async for chunk in self.downloader.fetch(attachment.url, self.file_sources):
            yield chunk

    async def check(self) -> Sequence[Finding]:
        """Try every credential and return what to fix, for ``python -m bot channels check``."""
        return ()
