"""What the console can be told by the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.errors import SettingsError

_HERE = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class ConsoleSettings:
    """Sign-in with the office's own accounts (OpenID Connect): off without an issuer."""

    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> ConsoleSettings:
        """Return the settings that the environment asks for.

        Raises:
            SettingsError: the issuer is no https address, or it stands without a client.
        """
        return cls(
            oidc_issuer=environ.get("CONSOLE_OIDC_ISSUER", "").strip(),
            oidc_client_id=environ.get("CONSOLE_OIDC_CLIENT_ID", "").strip(),
            oidc_client_secret=environ.get("CONSOLE_OIDC_CLIENT_SECRET", "").strip(),
        )

    def __post_init__(self) -> None:
        if self.oidc_issuer and not is_safe(self.oidc_issuer):
            raise SettingsError(f"CONSOLE_OIDC_ISSUER={self.oidc_issuer!r} is no https address")
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret):
            raise SettingsError("CONSOLE_OIDC_ISSUER needs CONSOLE_OIDC_CLIENT_ID and CONSOLE_OIDC_CLIENT_SECRET")


def is_safe(address: str) -> bool:
    """Tell whether nobody between can read or change what is sent to an address: TLS, or this machine."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE))
