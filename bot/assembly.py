"""Puts the parts of one front server together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import httpx
from sqlalchemy.engine import Engine
from sqlalchemy.orm import sessionmaker

from bot.assistant import Assistant
from bot.channels.base import Channel
from bot.channels.registry import build_channels
from bot.channels.tools import Tools
from bot.chores import Chores
from bot.delivery.hub import Hub
from bot.delivery.intake import Intake
from bot.delivery.outbox import Outbox
from bot.delivery.settling import Rules, growing_pause
from bot.delivery.spool import Spool
from bot.delivery.worker import Worker
from bot.duties import Duties
from bot.erasing import Eraser
from bot.files.collector import Collector
from bot.files.store import FileStore
from bot.gathering import Gathering
from bot.handoff.clock import Clock
from bot.handoff.notifying import Notifier, StaffChat
from bot.handoff.standing import Standings
from bot.mail import Mailer
from bot.metrics import Metrics
from bot.notices.looking import Notices
from bot.notices.polling import Poll
from bot.notices.telling import Teller
from bot.rates import Limiter
from bot.retention import Retention
from bot.services import Services
from bot.settings import Settings
from bot.texts import Texts
from bot.tokens import Tokens
from bot.tracker import Tracker
from bot.transactions import stay_behind
from bot.transport import Transport, transport
from knowledge.connectors.registry import build_connectors, dossier_settings
from knowledge.database import session_factory
from knowledge.profile import load_profile

_POLL_ALONE, _POLL_TOGETHER = 15.0, 3.0  # seconds; other processes ring, and a bell may be missed
_WRITTEN_TOGETHER = 64
_PROVIDER_TIMEOUT = 20.0  # seconds until a connection, and between two pieces of an answer


def assemble(settings: Settings, engine: Engine, key: bytes) -> Services:
    """Return the parts, connected and not yet running."""
    alone = engine.dialect.name == "sqlite"
    sessions, texts, hub, metrics = session_factory(engine), Texts.load(), Hub(), Metrics()
    trusted = httpx.create_ssl_context()
    client = httpx.AsyncClient(transport=Transport(trusted))  # Rasa is a neighbour, never behind a proxy
    abroad = httpx.AsyncClient(transport=transport(trusted), verify=trusted, timeout=_PROVIDER_TIMEOUT)
    channels = build_channels(Tools(settings.channels, sessions, abroad, texts, hub, key))
    rules = Rules(texts.word("choose"), settings.confirm_within, alone, settings.delivery_pause or growing_pause)
    behind = Gathering(sessions, stay_behind)
    outbox = Outbox(behind, channels, rules, metrics, hub.settled)
    handoff_rules = settings.handoff
    assistant = Assistant(settings.rasa_url, settings.assistant_timeout, client)
    worker = Worker(
        sessions,
        behind,
        assistant,
        hub,
        outbox,
        texts,
        handoff_rules,
        places=settings.workers,
        pauses=settings.assistant_pauses,
        alone=alone,
        channels=channels,
        public_url=settings.channels.public_url,
        metrics=metrics,
    )
    files = FileStore(settings.files_dir)
    # of what is only written down many go together: the spool is in use from a few waiting on
    arrivals = Gathering(sessions, most=_WRITTEN_TOGETHER) if alone else Gathering(sessions)
    intake = Intake(key, texts)

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
        arrivals=arrivals,
        spool=Spool(sessions, arrivals, intake, key, alone),
        intake=intake,
        worker=worker,
        outbox=outbox,
        channels=channels,
        files=files,
        collector=Collector(sessions, channels, files, texts, told, settings.file_pauses),
        clock=Clock(sessions, handoff_rules, told),
        standings=Standings(handoff_rules),
        eraser=Eraser(
            sessions, files, _tracker(settings), settings.erase_after, rasa_is_here=_is_here(settings.rasa_url)
        ),
        chores=_chores(settings, sessions, files, abroad, _notices(sessions, channels, metrics, told, key)),
        duties=Duties(),
        metrics=metrics,
        tokens=Tokens(key, settings.token_life, settings.token_resume),
        message_limiter=Limiter(settings.message_rates),
        address_limiter=Limiter(settings.address_rates),
        opening_limiter=Limiter(settings.opening_rates),
        proof_limiter=Limiter(settings.proof_rates),
        notice_limiter=Limiter(settings.notice_rates),
        file_limiter=Limiter(settings.file_rates),
        typing_limiter=Limiter(settings.typing_rates),
        poll=_POLL_ALONE if alone else _POLL_TOGETHER,
    )


def _notices(
    sessions: sessionmaker, channels: Mapping[str, Channel], metrics: Metrics, told: Callable[[str], None], key: bytes
) -> tuple[Notices, Poll]:
    profile = load_profile()
    notices = Notices(sessions, Teller(channels, profile), metrics, told)
    connectors = build_connectors(sessions, profile, key)
    return notices, Poll(notices, connectors, dossier_settings(profile)["authority"])


def _chores(
    settings: Settings,
    sessions: sessionmaker,
    files: FileStore,
    abroad: httpx.AsyncClient,
    notices: tuple[Notices, Poll],
) -> Chores:
    channels = settings.channels
    group = StaffChat(settings.staff_chat, channels.telegram_bot_token, channels.telegram_api_base)
    address = channels.public_url or f"http://{settings.host}:{settings.port}"
    notifier = Notifier(sessions, settings.handoff, Mailer(settings.mail), group, abroad, address)
    retention = Retention(sessions, files, _tracker(settings), settings.retention_days)
    return Chores(sessions, notifier, retention, *notices)


def _tracker(settings: Settings) -> Tracker:
    return Tracker(settings.tracker_db, settings.tracker_url)


def _is_here(url: str) -> bool:
    return (urlsplit(url).hostname or "") in ("127.0.0.1", "::1", "localhost")
