"""A dialogue that has become long goes on in a new session, so that no turn reads it all again.

A new session keeps what the slots hold. Rasa carries over every setting of every slot, old ones included, and so each
session begins longer than the one before.
"""

from __future__ import annotations

from collections.abc import Callable

from rasa.core.actions.action import ActionSessionStart
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

MOST_EVENTS = 48  # of one session, some seven turns
_MARK = "_tthc_lean"


def apply() -> None:
    """Let Rasa take a session of too many events for one that is over, and begin the next with each slot set once."""
    ActionSessionStart._slot_set_events_from_tracker = staticmethod(slots_of)
    stock = MessageProcessor._has_session_expired
    if not getattr(stock, _MARK, False):
        MessageProcessor._has_session_expired = _or_long(stock)


def _or_long(
    stock: Callable[[MessageProcessor, DialogueStateTracker], bool],
) -> Callable[[MessageProcessor, DialogueStateTracker], bool]:
    def has_session_expired(processor: MessageProcessor, tracker: DialogueStateTracker) -> bool:
        return stock(processor, tracker) or is_long(tracker)

    setattr(has_session_expired, _MARK, True)
    return has_session_expired


def is_long(tracker: DialogueStateTracker) -> bool:
    """Tell whether a new session should begin; never within a form, whose answers a session's start would end."""
    return len(tracker.events) > MOST_EVENTS and not tracker.active_loop_name


def slots_of(tracker: DialogueStateTracker) -> list[SlotSet]:
    """Return the last setting of every slot that was set."""
    last = {event.key: event for event in tracker.applied_events() if isinstance(event, SlotSet)}
    return [SlotSet(event.key, event.value, metadata=event.metadata) for event in last.values()]
