"""What a provider writes, with one place in it replaced by something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
JUNK = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


@st.composite
def damaged(draw: st.DrawFn, whole: Sequence[Any]) -> Any:
    """Draw one of the whole ones and damage it."""

    def damage(value: Any) -> Any:
        if isinstance(value, dict) and value and draw(st.integers(0, 3)):
            key = draw(st.sampled_from(sorted(value)))
            return {**value, key: damage(value[key])}
        if isinstance(value, list) and value:
            return [damage(value[0]), *value[1:]]
        return draw(JUNK)

    return damage(draw(st.sampled_from(list(whole))))
