"""From a reply to the parts that a channel sends. Pure functions of the reply and the channel's capabilities."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from bot.channels.base import Capabilities, Choice, Link, Part
from bot.channels.splitting import pieces
from bot.inbound import Tap
from knowledge.reply import Block, Button, Reply
from nlu.text import nfc

Span = tuple[int, int]


def render(reply: Reply, seq: int, capabilities: Capabilities, choose: str) -> tuple[Part, ...]:
    """Return the parts of the reply with number ``seq``; ``choose`` stands above numbered choices.

    Nothing of the text is lost: what a button cannot show whole stands numbered in the text. Buttons
    and links are on the last part.
    """
    buttons = _buttons(reply, seq, capabilities)
    links = _links(reply)
    paragraphs = [_marked(bubble) for bubble in reply.bubbles]
    if links and not capabilities.links:
        paragraphs += [link.url for link in links]
    if _needs_numbers(reply, buttons, capabilities):
        paragraphs.append(_numbered(reply, choose))
    if not any(paragraphs) and buttons:
        paragraphs = [choose]
    text, bold = _plain("\n\n".join(paragraph for paragraph in paragraphs if paragraph))
    parts = [Part(text[start:end], _within(bold, start, end)) for start, end in pieces(text, capabilities.longest_text)]
    if parts:
        last = parts[-1]
        parts[-1] = Part(last.text, last.bold, buttons, links if capabilities.links else ())
    return tuple(parts)


def _buttons(reply: Reply, seq: int, capabilities: Capabilities) -> tuple[Choice, ...]:
    shown = reply.buttons[: capabilities.most_buttons]
    return tuple(
        Choice(shortened(nfc(button.title), capabilities.longest_title), Tap(seq, index))
        for index, button in enumerate(shown)
    )


def _needs_numbers(reply: Reply, shown: tuple[Choice, ...], capabilities: Capabilities) -> bool:
    if not reply.buttons:
        return False
    return capabilities.numbered or [choice.title for choice in shown] != [nfc(b.title) for b in reply.buttons]


def _numbered(reply: Reply, choose: str) -> str:
    return "\n".join([choose, *(_choice_line(number, button) for number, button in enumerate(reply.buttons, 1))])


def _choice_line(number: int, button: Button) -> str:
    return f"{number}. {button.title}"


def shortened(title: str, longest: int) -> str:
    """Return the title cut at a word when it is too long."""
    if len(title) <= longest:
        return title
    head = title[: longest - 1]
    return (head.rsplit(" ", 1)[0].rstrip() or head) + "…"


def _links(reply: Reply) -> tuple[Link, ...]:
    found = {source.url: source.name for source in reply.sources if source.url.startswith("https://")}
    return tuple(Link(name or url, url) for url, name in list(found.items())[:1])


def _marked(bubble: tuple[Block, ...]) -> str:
    return "\n".join(line for line in map(_block, bubble) if line)


def _block(block: Block) -> str:
    text = block.plain().strip()
    return f"**{text}**" if block.kind == "heading" and text and "**" not in text else text


def _plain(marked: str) -> tuple[str, list[Span]]:
    """Return the text without its marks, and which spans they made bold."""
    strings = nfc(marked).split("**")
    text, bold = "", []
    for number, string in enumerate(strings):
        if number % 2 and number < len(strings) - 1 and string:
            bold.append((len(text), len(text) + len(string)))
        text += string
    return text, bold


def _within(bold: list[Span], start: int, end: int) -> tuple[Span, ...]:
    clipped = ((max(first, start) - start, min(last, end) - start) for first, last in bold)
    return tuple(span for span in clipped if span[0] < span[1])


def html(part: Part) -> str:
    """Return the part's text as HTML with ``<b>``, everything else escaped."""
    return "".join(_tagged(part))


def _tagged(part: Part) -> Iterator[str]:
    place = 0
    for start, end in part.bold:
        yield escape(part.text[place:start], quote=False)
        yield f"<b>{escape(part.text[start:end], quote=False)}</b>"
        place = end
    yield escape(part.text[place:], quote=False)
