"""Keeping bubbles short: about 120 words, split between blocks and inside long lists."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.reply import Block

MAX_WORDS = 120
_LIST_WORDS = MAX_WORDS - 30  # leaves room for the title above a list


def split(blocks: list[Block]) -> Iterator[tuple[Block, ...]]:
    """Yield bubbles of at most ``MAX_WORDS`` words; a single longer sentence stays whole."""
    current: list[Block] = []
    for block in _pieces(blocks):
        small = block.kind == "source"
        if current and not small and words(current) + words([block]) > MAX_WORDS:
            yield from _close(current)
            current = [current[-1]] if _is_title(current[-1]) else []
        current.append(block)
    if current:
        yield tuple(current)


def _close(current: list[Block]) -> Iterator[tuple[Block, ...]]:
    kept = current[:-1] if _is_title(current[-1]) else current
    if kept:
        yield tuple(kept)


def _is_title(block: Block) -> bool:
    return block.kind == "text" and block.text.rstrip("*").endswith((":", "thêm:"))


def words(blocks: list[Block]) -> int:
    """Count the words a reader sees."""
    return sum(len(block.plain().split()) for block in blocks)


def _pieces(blocks: list[Block]) -> Iterator[Block]:
    for block in blocks:
        if block.kind == "list" and words([block]) > _LIST_WORDS:
            yield from _list_pieces(block)
        else:
            yield block


def _list_pieces(block: Block) -> Iterator[Block]:
    start, count = 0, 0
    for number, item in enumerate(block.items):
        size = len(item["text"].split()) + 2
        if number > start and count + size > _LIST_WORDS:
            yield Block("list", items=block.items[start:number], ordered=block.ordered, start=start + 1)
            start, count = number, 0
        count += size
    yield Block("list", items=block.items[start:], ordered=block.ordered, start=start + 1)
