"""Matches receipts with what was sent, also those that come before the answer to the call that sent it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import anyio
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.channels.zalo import NAME
from bot.channels.zalo.events import Receipt
from bot.delivery import receipts
from bot.gathering import Gathering

log = structlog.get_logger("zalo")

_AGAIN_AFTER = (0.5, 5.0)  # seconds
_MOST_WAITING = 1000


class Confirming:
    """Looks again a little later for what is not known yet; most of that was sent by people in Zalo's console."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Task[None]] = set()

    async def note(self, arrivals: Gathering, receipt: Receipt) -> None:
        """Note a receipt; returns at once. A receipt that is lost by a stop costs a mark in a report, no more."""
        unknown = await arrivals.do(_confirm, receipt)
        if unknown.message_ids and len(self._waiting) < _MOST_WAITING:
            task = asyncio.create_task(self._again(arrivals, unknown))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    async def _again(self, arrivals: Gathering, receipt: Receipt) -> None:
        for pause in _AGAIN_AFTER:
            await anyio.sleep(pause)
            try:
                receipt = await arrivals.do(_confirm, receipt)
            except SQLAlchemyError as error:
                log.warning("zalo.receipt_lost", error=type(error).__name__)
            if not receipt.message_ids:
                return


def _confirm(session: Session, receipt: Receipt) -> Receipt:
    """Note a receipt and return what of it is not known."""
    unknown = tuple(
        one for one in receipt.message_ids if not receipts.confirm(session, NAME, one, receipt.what, receipt.at)
    )
    return replace(receipt, message_ids=unknown)
