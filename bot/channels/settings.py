"""What channels can be told by the environment. Secrets are never part of a printed form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.errors import SettingsError

_MODES = ("polling", "webhook")
_TELEGRAM_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_ZALO_BOT_SECRET = re.compile(r"[!-~]{8,256}")  # as the platform asks, in what a header can hold


@dataclass(frozen=True)
class ChannelSettings:
    """Credentials and addresses of the providers; a channel without credentials is off."""

    public_url: str = ""
    zalo_app_id: str = ""
    zalo_app_secret: str = field(default="", repr=False)
    zalo_oa_id: str = ""
    zalo_oa_secrets: tuple[str, ...] = field(default=(), repr=False)
    zalo_refresh_token: str = field(default="", repr=False)
    zalo_access_token: str = field(default="", repr=False)
    zalo_notice_template: str = ""
    zalo_api_base: str = "https://openapi.zalo.me"
    zalo_oauth_base: str = "https://oauth.zaloapp.com"
    zalo_bot_token: str = field(default="", repr=False)
    zalo_bot_secret: str = field(default="", repr=False)
    zalo_bot_base: str = "https://bot-api.zaloplatforms.com"
    telegram_bot_token: str = field(default="", repr=False)
    telegram_secret_token: str = field(default="", repr=False)
    telegram_api_base: str = "https://api.telegram.org"
    telegram_mode: str = "polling"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> ChannelSettings:
        """Return the settings that the environment asks for.

        Raises:
            SettingsError: a value cannot be used; the message holds no secret.
        """
        return cls(
            public_url=_base(environ.get("BOT_PUBLIC_URL"), ""),
            zalo_app_id=_word(environ.get("ZALO_APP_ID")),
            zalo_app_secret=_word(environ.get("ZALO_APP_SECRET")),
            zalo_oa_id=_word(environ.get("ZALO_OA_ID")),
            zalo_oa_secrets=_several(environ.get("ZALO_OA_SECRET")),
            zalo_refresh_token=_word(environ.get("ZALO_REFRESH_TOKEN")),
            zalo_access_token=_word(environ.get("ZALO_ACCESS_TOKEN")),
            zalo_notice_template=_word(environ.get("ZALO_NOTICE_TEMPLATE")),
            zalo_api_base=_base(environ.get("ZALO_API_BASE"), cls.zalo_api_base),
            zalo_oauth_base=_base(environ.get("ZALO_OAUTH_BASE"), cls.zalo_oauth_base),
            zalo_bot_token=_word(environ.get("ZALO_BOT_TOKEN")),
            zalo_bot_secret=_word(environ.get("ZALO_BOT_SECRET")),
            zalo_bot_base=_base(environ.get("ZALO_BOT_BASE"), cls.zalo_bot_base),
            telegram_bot_token=_word(environ.get("TELEGRAM_BOT_TOKEN")),
            telegram_secret_token=_word(environ.get("TELEGRAM_SECRET_TOKEN")),
            telegram_api_base=_base(environ.get("TELEGRAM_API_BASE"), cls.telegram_api_base),
            telegram_mode=_word(environ.get("TELEGRAM_MODE")) or cls.telegram_mode,
        )

    def __post_init__(self) -> None:
        if self.telegram_mode not in _MODES:
            raise SettingsError(f"TELEGRAM_MODE={self.telegram_mode!r} is neither polling nor webhook")
        if self.telegram_secret_token and not _TELEGRAM_SECRET.fullmatch(self.telegram_secret_token):
            raise SettingsError("TELEGRAM_SECRET_TOKEN may hold 1 to 256 letters, digits, _ and - only")
        if self.zalo_bot_secret and not _ZALO_BOT_SECRET.fullmatch(self.zalo_bot_secret):
            raise SettingsError("ZALO_BOT_SECRET must be 8 to 256 letters, digits and signs without blanks")
        if self._telegram_is_open():
            raise SettingsError("TELEGRAM_MODE=webhook needs TELEGRAM_SECRET_TOKEN: without one anybody could post")

    def _telegram_is_open(self) -> bool:
        return bool(self.telegram_bot_token) and self.telegram_mode == "webhook" and not self.telegram_secret_token


def _word(raw: str | None) -> str:
    return (raw or "").strip()


def _several(raw: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in (raw or "").split(",") if word.strip())


def _base(raw: str | None, default: str) -> str:
    return (_word(raw) or default).rstrip("/")
