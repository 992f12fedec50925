"""The short memory of what has just come in."""

from __future__ import annotations

from bot.channels.recent import Recent


def test_it_forgets() -> None:
    now = [0.0]
    recent = Recent(3.0, clock=lambda: now[0])
    assert not recent.has("a")
    recent.add("a")
    now[0] = 2.9
    assert recent.has("a") and not recent.has("b")
    now[0] = 3.0
    assert not recent.has("a")


def test_it_stays_small() -> None:
    recent = Recent(3.0, clock=lambda: 0.0)
    for number in range(10_001):
        recent.add(number)
    assert not recent.has(0) and recent.has(1) and recent.has(10_000)
