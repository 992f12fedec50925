"""``python -m bot``: the front server alone. ``python -m bot channels check``: try what is configured.

``python -m bot erase CONVERSATION``: remove all that was said in a conversation, but for the counts.
``python -m bot retain``: remove what was said longer ago than ``RETENTION_DAYS``, but for the counts.
``python -m bot backup FOLDER``, ``python -m bot restore FOLDER``: copy what is stored, and put it back.
``python -m bot staff add|list|disable|enable|password|totp``: the accounts of the staff console.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial

import sqlalchemy as sa
import structlog

from bot.assembly import assemble
from bot.backup import commands as backup_commands
from bot.channels.base import Finding
from bot.channels.registry import check_channels
from bot.console import commands as staff_commands
from bot.errors import SettingsError
from bot.logbook import configure_logging
from bot.server import create_server
from bot.services import Services
from bot.settings import Settings
from bot.texts import Texts
from knowledge.database import check_schema, create_engine
from knowledge.errors import KnowledgeError
from knowledge.proof import load_secret

_USAGE = "usage: python -m bot [channels check | erase CONVERSATION | retain | backup FOLDER | restore FOLDER | staff]"
# Seconds after which a thread gives way. By Python's own 5 ms the database's thread waits so long for the event loop
# after each of its calls, eight of them a message, while many write: acknowledgements took four times as long.
_SWITCH = 0.0005
# Objects that are made before Python looks for garbage among them: by its own 700 most still belong to what is being
# answered in a busy server, and are looked through for nothing.
_YOUNG = 10_000
_END_WITHIN = 15.0  # seconds for the good order of a stop that a dead duty has forced


def main(arguments: Sequence[str] = ()) -> int:
    """Run until told to stop; 2 = it could not start, 1 = a duty ended by itself; stderr has the reason in one line."""
    if arguments:
        return _command(arguments)
    try:
        sys.setswitchinterval(_SWITCH)
        settings = Settings.from_env(os.environ)
        configure_logging(settings.log_level)
        engine = create_engine(settings.database_url)
        check_schema(engine)
        server = create_server(settings, engine, load_secret())
        listening = _bind(settings.host, settings.port)
        gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
        gc.freeze()  # what is here now stays: to look through it again and again stopped all for a tenth of a second
    except (SettingsError, KnowledgeError, sa.exc.SQLAlchemyError, OSError) as error:
        print(f"bot: {_one_line(error)}", file=sys.stderr)
        return 2
    with listening:
        host, port, *_ = listening.getsockname()
        structlog.get_logger("bot").info("bot.listening", host=host, port=port)
        failed = server.duties.failed
        threading.Thread(target=_end_anyhow, args=(failed,), daemon=True).start()
        with suppress(KeyboardInterrupt):  # Ctrl-C has already stopped the server in good order
            server.run(sockets=[listening])
    return 1 if failed.is_set() else 0


def _end_anyhow(failed: threading.Event) -> None:
    """A thread that hangs, at the database for example, must not keep a process that serves nobody."""
    failed.wait()
    time.sleep(_END_WITHIN)
    os._exit(1)


def _command(arguments: Sequence[str]) -> int:
    """Run a command; 1 = something is to be fixed, 2 = it could not be run."""
    if arguments[0] in ("backup", "restore"):
        return _backup(arguments)
    run = _chosen(list(arguments))
    if run is None:
        print(_USAGE, file=sys.stderr)
        return 2
    try:
        sys.setswitchinterval(_SWITCH)
        settings = Settings.from_env(os.environ)
        configure_logging("warning")
        engine = create_engine(settings.database_url)
        check_schema(engine)
        return run(assemble(settings, engine, load_secret()))
    except (SettingsError, KnowledgeError, sa.exc.SQLAlchemyError, OSError) as error:
        print(f"bot: {_one_line(error)}", file=sys.stderr)
        return 2


def _backup(arguments: Sequence[str]) -> int:
    """These two work on a database that may not be there yet."""
    try:
        return backup_commands.run(arguments, Settings.from_env(os.environ), Texts.load())
    except (SettingsError, KnowledgeError, sa.exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
        print(f"bot: {_one_line(error)}", file=sys.stderr)
        return 2


def _chosen(arguments: list[str]) -> Callable[[Services], int] | None:
    if arguments == ["channels", "check"]:
        return _check
    if len(arguments) == 2 and arguments[0] == "erase":
        return partial(_erase, conversation_id=arguments[1])
    if arguments == ["retain"]:
        return _retain
    if arguments[:1] == ["staff"]:
        return partial(_staff, arguments=arguments[1:])
    return None


def _erase(parts: Services, conversation_id: str) -> int:
    erased = parts.eraser.erase(conversation_id)
    say = parts.texts.erasure
    if erased is None:
        print(f"✗ {say('unknown')}")
        return 1
    print(f"✓ {say('done', messages=erased.messages, files=erased.files)}")
    if erased.events is None:
        print(f"✗ {say('no_tracker', path=parts.eraser.tracker.name)}")
    else:
        print(f"✓ {say('tracker', events=erased.events)}")
    return 0


def _retain(parts: Services) -> int:
    say, keeper = parts.texts.retention, parts.chores.retention
    if not keeper.days:
        print(f"✓ {say('never')}")
        return 0
    gone = keeper.retain()
    print(f"✓ {say('done', days=keeper.days, **asdict(gone))}")
    return 0


def _staff(parts: Services, arguments: Sequence[str]) -> int:
    return staff_commands.run(arguments, parts.sessions, parts.key)


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
