"""Knows whether Rasa takes calls at all, so that while it does not no citizen's message is spent on finding out.

Closed, messages are asked. A refused connection opens it: then none is, and probes that cost nobody anything look
whether Rasa is back, after growing pauses. The first one that is answered closes it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from knowledge.models import utc_now

_NOBODY = dt.datetime(1, 1, 1, tzinfo=dt.timezone.utc)


class Breaker:
    """Opens and closes; ``patience`` in seconds is how long a message waits for Rasa before that is admitted.

    The longest pause is a part of the patience: nobody is told that Rasa is away while it is back.
    """

    def __init__(self, patience: float, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._patience = dt.timedelta(seconds=patience)
        self._first, self._longest = patience / 30, patience / 3
        self._clock = clock
        self._since: dt.datetime | None = None
        self._refused_at = _NOBODY  # the last vain probe was begun
        self.pause = self._first  # seconds until the next probe

    @property
    def is_open(self) -> bool:
        """Whether messages are held back."""
        return self._since is not None

    def refused(self) -> bool:
        """Note that a message did not reach Rasa; True = that opened it."""
        if self._since is not None:
            return False
        self._since = self._clock()
        self.pause = self._first
        return True

    def probed(self, is_there: bool, begun_at: dt.datetime) -> None:
        """Note what a probe that was begun then has found."""
        if is_there:
            self._since = None
        else:
            self._refused_at = begun_at
            self.pause = min(self._longest, self.pause * 2)

    def admits_to(self) -> dt.datetime | None:
        """Return until when messages must have come in to be answered that Rasa is away; None = closed.

        They have waited long enough, and a probe begun after they came was in vain.
        """
        if self._since is None:
            return None
        patient_until = self._clock() - self._patience
        return _NOBODY if self._since > patient_until else min(patient_until, self._refused_at)

    def gives_up(self, came_at: dt.datetime) -> bool:
        """Tell whether a message that came in at that time is to be answered so now."""
        last = self.admits_to()
        return last is not None and came_at <= last
