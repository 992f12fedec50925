"""What can be set from the environment, and its defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.channels.settings import ChannelSettings
from bot.console.settings import ConsoleSettings
from bot.errors import SettingsError
from bot.handoff.rules import Rules
from bot.mail import MailSettings
from bot.rates import Rate
from knowledge.database import DEFAULT_URL

ROOM = Path(__file__).parent


@dataclass(frozen=True)
class Settings:
    """Settings of one front server; all times in seconds.

    ``allowed_origins`` are the sites that may embed the widget beside our own pages; without any,
    pages on this machine may. ``rest_token`` opens the REST endpoint to callers elsewhere.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    trusted_proxies: str = "127.0.0.1"
    database_url: str = field(default=DEFAULT_URL, repr=False)
    rasa_url: str = "http://127.0.0.1:5005"
    actions_url: str = "http://127.0.0.1:5055"
    workers: int = 8
    allowed_origins: tuple[str, ...] = ()
    rest_token: str = field(default="", repr=False)
    files_dir: Path = Path("var/files")
    tracker_db: Path = Path("var/rasa.db")
    tracker_url: str = field(default="", repr=False)  # a database that several Rasas share, in place of the file
    channels: ChannelSettings = ChannelSettings()
    console: ConsoleSettings = ConsoleSettings()
    log_level: str = "info"
    # Three tries of 4 s and the pauses between them end within 15 s: longer and a citizen leaves.
    assistant_timeout: float = 4.0
    assistant_pauses: tuple[float, ...] = (0.5, 2.5)
    rest_wait: float = 30.0
    heartbeat: float = 15.0
    # A provider repeats a webhook that it could not deliver after 30 s; a restart must not outrun that.
    confirm_within: float = 60.0
    delivery_pause: Callable[[int], float] | None = None  # seconds after so many failed tries; None = growing
    # Signing in again is silent (see channels/web.py), so the token itself can be short.
    token_life: int = 30 * 60
    token_resume: int = 30 * 24 * 3600
    message_rates: tuple[Rate, ...] = (Rate(10, 10.0), Rate(60, 300.0))
    # Generous: a whole one-stop office, or a mobile network, shares one address.
    address_rates: tuple[Rate, ...] = (Rate(600, 30.0),)
    opening_rates: tuple[Rate, ...] = (Rate(120, 120.0),)
    proof_rates: tuple[Rate, ...] = (Rate(60, 3600.0),)  # of one address, in all its conversations
    file_rates: tuple[Rate, ...] = (Rate(10, 600.0), Rate(40, 86_400.0))
    typing_rates: tuple[Rate, ...] = (Rate(1, 3.0),)
    queue_look: float = 5.0  # a page that shows a place in the queue looks so often whether it has moved
    file_pauses: tuple[float, ...] = (2.0, 10.0, 60.0, 300.0, 1800.0)  # before each further try to fetch one
    # An answer that was being made when the duty came up must have ended: it would be remembered anew.
    erase_after: float = 30.0
    handoff: Rules = Rules()
    mail: MailSettings = MailSettings()
    staff_chat: str = ""
    retention_days: int = 30  # 0 = what was said is kept for ever
    notice_rates: tuple[Rate, ...] = (Rate(1, 60.0),)
    room: Path = ROOM

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Return the settings that the environment asks for.

        Raises:
            SettingsError: a number is not a number, or out of range.
        """
        return cls(
            host=environ.get("BOT_HOST") or cls.host,
            port=_number(environ, "BOT_PORT", cls.port, 0, 65535),
            trusted_proxies=environ.get("FORWARDED_ALLOW_IPS") or cls.trusted_proxies,
            database_url=environ.get("DATABASE_URL") or DEFAULT_URL,
            rasa_url=(environ.get("RASA_URL") or cls.rasa_url).rstrip("/"),
            actions_url=(environ.get("ACTIONS_URL") or cls.actions_url).rstrip("/"),
            workers=_number(environ, "BOT_WORKERS", cls.workers, 1, 64),
            allowed_origins=_origins(environ.get("BOT_ALLOWED_ORIGINS", "")),
            rest_token=environ.get("BOT_REST_TOKEN", ""),
            files_dir=Path(environ.get("BOT_FILES_DIR") or cls.files_dir),
            tracker_db=Path(environ.get("RASA_TRACKER_DB") or cls.tracker_db),
            tracker_url=environ.get("RASA_TRACKER_URL", ""),
            log_level=environ.get("BOT_LOG_LEVEL") or cls.log_level,
            channels=ChannelSettings.from_env(environ),
            mail=MailSettings.from_env(environ),
            staff_chat=environ.get("STAFF_TELEGRAM_CHAT", "").strip(),
            retention_days=_number(environ, "RETENTION_DAYS", cls.retention_days, 0, 36_500),
            console=ConsoleSettings.from_env(environ),
        )


def _number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    raw = environ.get(name) or str(default)
    if not raw.isdecimal() or not least <= int(raw) <= most:
        raise SettingsError(f"{name}={raw!r} is not a whole number from {least} to {most}")
    return int(raw)


def _origins(raw: str) -> tuple[str, ...]:
    return tuple(origin.rstrip("/").lower() for origin in raw.replace(",", " ").split())
