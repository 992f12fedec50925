"""Sets what citizens wrote against the rows and against what reached them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from benchmarks.delivery.verdict import Count, Judge
from benchmarks.load.citizens import Citizens
from benchmarks.load.notices import notices_to
from benchmarks.load.sender import Sent
from benchmarks.load.zalo import ZaloApart, user_of

_CHANNEL = "zalo"


def judged(session: Session, citizens: Citizens, zalo: ZaloApart, who: Iterable[int]) -> tuple[Count, list[str]]:
    """Return what became of the messages of these citizens, and a sentence of each fault."""
    judge, count = Judge(session), Count()
    notices = notices_to(session, _CHANNEL)
    for citizen in who:
        user = user_of(citizen)
        received = without([one.text for one in zalo.got[user]], notices.get(user, ()))
        judge.judge(_CHANNEL, user, texts(citizens.written[citizen]), received, count)
    return count, judge.notes


def texts(messages: Sequence[Sent]) -> list[str]:
    """Return what was taken in, in order."""
    return [one.text for one in messages if one.taken]


def without(received: Sequence[str], notices: Sequence[str]) -> list[str]:
    """Return the texts that are no notice about waiting; each notice may come once."""
    left, found = Counter(notices), []
    for text in received:
        if left[text]:
            left[text] -= 1
        else:
            found.append(text)
    return found
