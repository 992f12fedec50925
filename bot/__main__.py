"""``python -m bot``: the front server alone. ``python -m bot channels check``: try what is configured.

``python -m bot erase CONVERSATION``: remove all that was said in a conversation, but for the counts.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import sqlalchemy as sa
import structlog

from bot.assembly import assemble
from bot.channels.base import Finding
from bot.channels.registry import check_channels
from bot.errors import SettingsError
from bot.server import create_server
from bot.services import Services
from bot.settings import Settings
from knowledge.database import check_schema, create_engine
from knowledge.errors import KnowledgeError
from knowledge.proof import load_secret


def main(arguments: Sequence[str] = ()) -> int:
    """Run until told to stop; 2 = it could not start, with the reason in one line on stderr."""
    if arguments:
        return _command(arguments)
    try:
        settings = Settings.from_env(os.environ)
        configure_logging(settings.log_level)
        engine = create_engine(settings.database_url)
        check_schema(engine)
        server = create_server(settings, engine, load_secret())
        listening = _bind(settings.host, settings.port)
    except (SettingsError, KnowledgeError, sa.exc.SQLAlchemyError, OSError) as error:
        print(f"bot: {_one_line(error)}", file=sys.stderr)
        return 2
    with listening:
        host, port, *_ = listening.getsockname()
        structlog.get_logger("bot").info("bot.listening", host=host, port=port)
        with suppress(KeyboardInterrupt):  # Ctrl-C has already stopped the server in good order
            server.run(sockets=[listening])
    return 0


def _command(arguments: Sequence[str]) -> int:
    """Run a command; 1 = something is to be fixed, 2 = it could not be run."""
    run = _chosen(list(arguments))
    if run is None:
        print("usage: python -m bot [channels check | erase CONVERSATION]", file=sys.stderr)
        return 2
    try:
        settings = Settings.from_env(os.environ)
        configure_logging("warning")
        engine = create_engine(settings.database_url)
        check_schema(engine)
        return run(assemble(settings, engine, load_secret()))
    except (SettingsError, KnowledgeError, sa.exc.SQLAlchemyError, OSError) as error:
        print(f"bot: {_one_line(error)}", file=sys.stderr)
        return 2


def _chosen(arguments: list[str]) -> Callable[[Services], int] | None:
    if arguments == ["channels", "check"]:
        return _check
    if len(arguments) == 2 and arguments[0] == "erase":
        return partial(_erase, conversation_id=arguments[1])
    return None


def _erase(parts: Services, conversation_id: str) -> int:
    erased = parts.eraser.erase(conversation_id)
    say = parts.texts.erasure
    if erased is None:
        print(f"✗ {say('unknown')}")
        return 1
    print(f"✓ {say('done', messages=erased.messages, files=erased.files)}")
    if erased.events is None:
        print(f"✗ {say('no_tracker', path=parts.settings.tracker_db)}")
    else:
        print(f"✓ {say('tracker', events=erased.events)}")
    return 0


def _check(parts: Services) -> int:
    findings = asyncio.run(_find(parts))
    for finding in findings:
        mark = "✓" if finding.ok else "✗"
        print(f"{mark} {finding.channel or 'channels'}: {parts.texts.finding(finding.key, **finding.values)}")
    return 0 if all(finding.ok for finding in findings) else 1


async def _find(parts: Services) -> list[Finding]:
    async with parts.client, parts.abroad:
        return await check_channels(parts.channels)


def _bind(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise SettingsError(f"cannot listen on {host}:{port} ({reason}): set BOT_HOST or BOT_PORT") from error


def _one_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def configure_logging(level: str) -> None:
    """Log events as one line each to stderr; message texts are never among them."""
    numeric = logging.getLevelName(level.upper())
    if not isinstance(numeric, int):
        raise SettingsError(f"BOT_LOG_LEVEL={level!r} is not a level such as info")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
