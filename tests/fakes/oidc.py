"""An OpenID Connect provider on this machine, which keeps to the protocol and lies on command."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.loopback import Loopback

CLIENT, SECRET = "console", "a secret of the client, long enough"
Json = dict[str, Any]
Sign = Callable[["FakeProvider", Json], str]


class FakeProvider(Loopback):
    """``person`` is who signs in there; ``changes`` are claims that are told wrong; ``sign`` how a token is signed."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.person: Json = {"sub": "s-1", "email": "lan@lamdong.gov.vn", "email_verified": True}
        self.changes: Json = {}
        self.described: Json = {}
        self.sign: Sign = signed
        self.codes: dict[str, Json] = {}
        super().__init__()

    def consent(self, address: str) -> Json:
        """Do what the person's browser does at the provider; return the query of the way back."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["response_type"] == "code" and asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256" and "openid" in asked["scope"].split()
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def answer(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps(self._description()).encode()
        if path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return 200, json.dumps({"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]}).encode()
        return self._token(headers, {name: values[0] for name, values in parse_qs(body.decode()).items()})

    def _description(self) -> Json:
        ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return {"issuer": self.url, **{name: self.url + path for name, path in ends.items()}, **self.described}

    def _token(self, headers: Mapping[str, str], form: Json) -> tuple[int, bytes]:
        """Give a token for a code, once, to the client that holds secret and verifier."""
        sent = {name.lower(): value for name, value in headers.items()}.get("authorization", "")
        client = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if sent != f"Basic {client}" or asked is None or asked["code_challenge"] != proof:
            return 400, b'{"error": "invalid_grant"}'
        if asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, b'{"error": "invalid_grant"}'
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.person}
        return 200, json.dumps(
            {"token_type": "Bearer", "id_token": self.sign(self, {**claims, **self.changes})}
        ).encode()


def signed(provider: FakeProvider, claims: Json) -> str:
    """Sign as agreed."""
    return jwt.encode(claims, provider.key, "RS256", {"kid": "k1"})


def unsigned(provider: FakeProvider, claims: Json) -> str:
    """Sign nothing."""
    return jwt.encode(claims, None, "none", {"kid": "k1"})


def signed_with_the_clients_secret(provider: FakeProvider, claims: Json) -> str:
    """Sign with what the client knows, too."""
    return jwt.encode(claims, SECRET, "HS256", {"kid": "k1"})


def signed_by_another(provider: FakeProvider, claims: Json) -> str:
    """Sign with a key that is not the provider's."""
    return jwt.encode(claims, rsa.generate_private_key(65537, 2048), "RS256", {"kid": "k1"})


def no_token(provider: FakeProvider, claims: Json) -> str:
    """Give something that is no token."""
    return "x"
