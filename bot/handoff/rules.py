"""How long is long, for people and their queue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

_MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Rules:
    """Times of the hand-off beside those of the states.

    ``present_within``: a console that has given a sign of life so recently is open. ``promise``: within what
    time of work somebody answers when the office is open and nobody is there. ``remind_every``: how often staff
    are told again while anybody waits, ``remind_calls_every`` while anybody is to be called. ``silence``: how long
    a citizen may be silent, by channel, before what a person answered counts as the end. ``waits_shown_from``: so
    many measured waits, and the median is told.
    """

    present_within: dt.timedelta = 2 * _MINUTE
    promise: dt.timedelta = 120 * _MINUTE
    remind_every: dt.timedelta = 5 * _MINUTE
    remind_calls_every: dt.timedelta = 60 * _MINUTE
    waits_counted: int = 20
    waits_shown_from: int = 5
    most_calls: int = 3
    silence: Mapping[str, dt.timedelta] = field(default_factory=lambda: {"web": dt.timedelta(hours=24)})
    silence_elsewhere: dt.timedelta = dt.timedelta(hours=48)
