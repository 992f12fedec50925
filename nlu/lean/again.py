"""A question that is asked again, because its answer was lost on the way, is not thought over again.

The dialogue has moved on with the answer: the choice is made, the digits are used up. Asked anew, Rasa would answer
something else; here it says again what it said.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import BotUttered, Event, UserUttered

_Handle = Callable[[MessageProcessor, UserMessage], Awaitable[Any]]
_MARK = "_tthc_again"


def apply() -> None:
    """Let Rasa remember what it has answered to the try of a question before."""
    if not getattr(MessageProcessor.handle_message, _MARK, False):
        MessageProcessor.handle_message = or_said_before(MessageProcessor.handle_message)


def or_said_before(stock: _Handle) -> _Handle:
    """Return a way to handle messages that thinks over what it has not answered yet."""

    async def handle_message(processor: MessageProcessor, message: UserMessage) -> Any:
        for said in (answers := await _answers(processor, message)):
            await message.output_channel.send_response(message.sender_id, said.message())
        return None if answers else await stock(processor, message)

    setattr(handle_message, _MARK, True)
    return handle_message


async def _answers(processor: MessageProcessor, message: UserMessage) -> list[BotUttered]:
    question, attempt = _request(message.metadata)
    if attempt < 2:  # the usual case costs nothing
        return []
    tracker = await processor.tracker_store.retrieve(message.sender_id)
    return answers_to(question, tracker.events) if tracker else []


def answers_to(question: str, events: Iterable[Event]) -> list[BotUttered]:
    """Return what was said to the question, if no other has been asked since."""
    is_it, said = False, list[BotUttered]()
    for event in events:
        if isinstance(event, UserUttered):
            is_it, said = _request(event.metadata)[0] == question, []
        elif isinstance(event, BotUttered):
            said.append(event)
    return said if is_it else []


def _request(metadata: dict[str, Any] | None) -> tuple[str, int]:
    """Return the name of a question and which try of it this is, as the front server names them: 7.2."""
    question, _, attempt = str((metadata or {}).get("request_id", "")).partition(".")
    return question, int(attempt) if attempt.isdecimal() else 1
