"""Puts the parts of one front server together."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
from sqlalchemy.engine import Engine

from bot.assistant import Assistant
from bot.channels.registry import build_channels
from bot.channels.tools import Tools
from bot.delivery.hub import Hub
from bot.delivery.intake import Intake
from bot.delivery.outbox import Outbox, Rules, growing_pause
from bot.delivery.worker import Worker
from bot.erasing import Eraser
from bot.files.collector import Collector
from bot.files.store import FileStore
from bot.handoff.hours import office_hours
from bot.metrics import Metrics
from bot.rates import Limiter
from bot.services import Services
from bot.settings import Settings
from bot.texts import Texts
from bot.tokens import Tokens
from knowledge.database import session_factory

_POLL_ALONE, _POLL_TOGETHER = 15.0, 3.0  # seconds; other processes ring, and a bell may be missed
_PROVIDER_TIMEOUT = 20.0  # seconds; well within the lease of a delivery


def assemble(settings: Settings, engine: Engine, key: bytes) -> Services:
    """Return the parts, connected and not yet running."""
    alone = engine.dialect.name == "sqlite"
    sessions, texts, hub, metrics = session_factory(engine), Texts.load(), Hub(), Metrics()
    client = httpx.AsyncClient(trust_env=False)  # Rasa is a neighbour, never behind a proxy
    abroad = httpx.AsyncClient(timeout=_PROVIDER_TIMEOUT, follow_redirects=False)
    channels = build_channels(Tools(settings.channels, sessions, abroad, texts, hub, key))
    rules = Rules(texts.word("choose"), settings.confirm_within, alone, settings.delivery_pause or growing_pause)
    outbox = Outbox(sessions, channels, rules, metrics)
    assistant = Assistant(settings.rasa_url, settings.assistant_timeout, client)
    worker = Worker(
        sessions,
        assistant,
        hub,
        outbox,
        texts,
        office_hours(),
        places=settings.workers,
        pauses=settings.assistant_pauses,
        alone=alone,
        channels=channels,
    )
    files = FileStore(settings.files_dir)

    def told(conversation_id: str) -> None:
        hub.publish(conversation_id)
        outbox.wake()

    return Services(
        settings=settings,
        engine=engine,
        sessions=sessions,
        texts=texts,
        key=key,
        client=client,
        abroad=abroad,
        hub=hub,
        intake=Intake(sessions, key, texts),
        worker=worker,
        outbox=outbox,
        channels=channels,
        files=files,
        collector=Collector(sessions, channels, files, texts, told, settings.file_pauses),
        eraser=Eraser(
            sessions, files, settings.tracker_db, settings.erase_after, rasa_is_here=_is_here(settings.rasa_url)
        ),
        metrics=metrics,
        tokens=Tokens(key, settings.token_life, settings.token_resume),
        message_limiter=Limiter(settings.message_rates),
        address_limiter=Limiter(settings.address_rates),
        opening_limiter=Limiter(settings.opening_rates),
        notice_limiter=Limiter(settings.notice_rates),
        file_limiter=Limiter(settings.file_rates),
        poll=_POLL_ALONE if alone else _POLL_TOGETHER,
    )


def _is_here(url: str) -> bool:
    return (urlsplit(url).hostname or "") in ("127.0.0.1", "::1", "localhost")
