"""A provider's file server: HTTPS over a real socket, with a certificate of its own authority."""

from __future__ import annotations

import datetime as dt
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.fakes.loopback import Server

Answer = tuple[int, dict[str, str], bytes]


class FileHost:
    """``answers`` by path; ``asked`` is what came in, as (Host header, path). Plain HTTP without a ``name``."""

    def __init__(self, folder: Path, name: str = "") -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.port = self._server.server_address[1]
        self.trust = ssl.create_default_context()
        if name:
            self._server.socket = self._secured(folder, name)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def _secured(self, folder: Path, name: str) -> ssl.SSLSocket:
        certificate, key = _certificate(folder, name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.trust = ssl.create_default_context(cafile=str(certificate))
        return context.wrap_socket(self._server.socket, server_side=True)

    def _handler(self) -> Callable[..., BaseHTTPRequestHandler]:
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append((self.headers["host"], self.path))
                host.headers.append({key.lower(): value for key, value in self.headers.items()})
                status, headers, body = host.answers.get(self.path, (404, {}, b""))
                self.send_response(status)
                for key, value in {"content-length": str(len(body)), **headers}.items():
                    self.send_header(key, value)
                self.end_headers()
                with suppress(OSError):  # the asker has had enough
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "host.pem", folder / "host.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
