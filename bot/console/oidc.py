"""Sign-in with the office's own accounts: OpenID Connect, code flow with PKCE.

Nobody gets an account by it: only staff who are there already, known by the provider's subject or, the first time,
by a verified e-mail address.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import anyio.to_thread
import httpx
import jwt

from bot.console.settings import ConsoleSettings, is_safe
from bot.errors import BotError

# what a provider signs with; never "none", and never a key that both sides know
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_LEEWAY = 60  # seconds that the clocks may differ
_TIMEOUT = 10.0


class ProviderError(BotError):
    """The provider did not answer as agreed, or what it said is not to be believed; the message holds no secret."""


@dataclass(frozen=True)
class Attempt:
    """One way to the provider and back: what must come back with the answer, and what proves that we asked."""

    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Attempt:
        """Return a fresh one."""
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        """The digest of the verifier, as PKCE shows it first (S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True)
class Identity:
    """Who the provider says it is; ``email`` only when the provider has verified it."""

    subject: str
    email: str


class Provider:
    """Speaks with the provider that the settings name."""

    def __init__(self, settings: ConsoleSettings, client: httpx.AsyncClient) -> None:
        self._settings = settings
        self._client = client

    @property
    def is_on(self) -> bool:
        """Whether there is a provider."""
        return bool(self._settings.oidc_issuer)

    async def address(self, attempt: Attempt, state: str, way_back: str) -> str:
        """Return where to send the browser.

        Raises:
            ProviderError: the provider does not say where.
        """
        known = await self._discover()
        asked = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": way_back,
            "scope": "openid email profile",
            "state": state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in known["authorization_endpoint"] else "?"
        return f"{known['authorization_endpoint']}{joint}{urlencode(asked)}"

    async def identity(self, attempt: Attempt, code: str, way_back: str) -> Identity:
        """Return who came back with a code.

        Raises:
            ProviderError: the provider refuses the code, or its answer is not to be believed.
        """
        known = await self._discover()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": way_back,
            "code_verifier": attempt.verifier,
        }
        client = (self._settings.oidc_client_id, self._settings.oidc_client_secret)
        given = await self._call("POST", known["token_endpoint"], data=form, auth=client)
        keys = await self._call("GET", known["jwks_uri"])
        claims = await anyio.to_thread.run_sync(self._read, given.get("id_token"), keys, attempt.nonce)
        email = str(claims.get("email") or "") if claims.get("email_verified") is True else ""
        return Identity(str(claims["sub"]), email.strip().lower())

    def _read(self, token: Any, keys: dict[str, Any], nonce: str) -> dict[str, Any]:
        try:
            wanted = jwt.get_unverified_header(token).get("kid")
            found = [key for key in jwt.PyJWKSet.from_dict(keys).keys if wanted in (None, key.key_id)]
            claims: dict[str, Any] = jwt.decode(
                token,
                found[0],
                algorithms=_ALGORITHMS,
                audience=self._settings.oidc_client_id,
                issuer=self._settings.oidc_issuer,
                leeway=_LEEWAY,
                options={"require": ["exp", "iat", "sub", "aud", "iss", "nonce"]},
            )
        except (jwt.PyJWTError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise ProviderError(f"the token is not to be believed: {type(error).__name__}") from error
        if not secrets.compare_digest(str(claims["nonce"]).encode(), nonce.encode()) or not claims["sub"]:
            raise ProviderError("the token is not the one that was asked for")
        return claims

    async def _discover(self) -> dict[str, str]:
        issuer = self._settings.oidc_issuer
        known = await self._call("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        ends = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if known.get("issuer") != issuer or not all(is_safe(str(known.get(end, ""))) for end in ends):
            raise ProviderError("the provider describes itself with other addresses")
        return {end: str(known[end]) for end in ends}

    async def _call(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        headers = {"Accept": "application/json"}
        try:
            answer = await self._client.request(method, address, headers=headers, timeout=_TIMEOUT, **more)
            found = answer.json() if answer.status_code == 200 else None
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderError(f"the provider does not answer: {type(error).__name__}") from error
        if not isinstance(found, dict):
            raise ProviderError(f"the provider answers {answer.status_code}")
        return found
