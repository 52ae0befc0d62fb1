"""A mail server on this machine that keeps what it takes, and can be told to misbehave."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from stalewatch.delivery.email import connect
from stalewatch.delivery.email.notifier import EmailNotifier
from stalewatch.sdk.notifier import NotifierSettings
from tests.patience import PATIENCE

NOW = datetime(2026, 3, 16, 9, tzinfo=UTC)


@dataclass
class PostOffice:
    """What an SMTP server does with letters; `refuses` has the reply to a command, by its name."""

    letters: list[EmailMessage] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    port: int = 0

    async def handle_MAIL(  # noqa: N802  # aiosmtpd finds it by this name
        self, server: Any, session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if "MAIL" in self.refuses:
            return self.refuses["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd finds it by this name
        self, server: Any, session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if "RCPT" in self.refuses:
            return self.refuses["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        if "DATA" in self.refuses:
            return self.refuses["DATA"]
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        if "REPLY" in self.refuses:
            server.transport.abort()  # taken, and the line breaks before anybody hears of it
        return "250 OK"

    def notifier(self, **more: Any) -> EmailNotifier:
        options = {
            "url": f"smtp://127.0.0.1:{self.port}",
            "from": "stalewatch@acme.example",
            "allow_plain": "true",
            **more,
        }
        return connect(NotifierSettings(options=options, base=Path(), now=lambda: NOW))

    def with_delivery(self, delivery: str) -> list[EmailMessage]:
        return [letter for letter in self.letters if letter["X-Stalewatch-Delivery"] == delivery]


@dataclass(frozen=True)
class Certificate:
    """A certificate for `localhost` that only who is told so believes."""

    path: Path
    key: Path

    @classmethod
    def made(cls, folder: Path) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        begins = datetime.now(UTC) - timedelta(hours=1)
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        found = cls(folder / "certificate.pem", folder / "key.pem")
        found.path.write_bytes(made.public_bytes(Encoding.PEM))
        found.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return found

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.path, self.key)
        return context


@contextmanager
def opened(
    certificate: Certificate | None = None, *, implicit_tls: bool = False, authenticator: Any = None
) -> Iterator[PostOffice]:
    """A server that runs: in clear, or with a certificate, by STARTTLS or from the first byte."""
    context = None if certificate is None else certificate.context()
    options: dict[str, Any] = {"authenticator": authenticator, "auth_required": authenticator is not None}
    if implicit_tls:
        options |= {"ssl_context": context, "auth_require_tls": False}  # it does not see the TLS around it
    elif context is not None:
        options |= {"tls_context": context, "require_starttls": True}
    office = PostOffice()
    controller = Controller(office, hostname="127.0.0.1", port=_free_port(), **options)
    controller.start()
    office.port = controller.port
    try:
        yield office
    finally:
        controller.stop()


def lets_in(user: bytes, password: bytes) -> Callable[..., AuthResult]:
    """Who knows this name and password may send."""

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (user, password), handled=False)

    return check


@contextmanager
def deaf(*lines: bytes) -> Iterator[int]:
    """A server that says these lines, one for each thing that it hears, and then hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            peer, _ = listener.accept()
        except OSError:  # closed before anybody came
            return
        with peer:
            for line in lines:
                peer.sendall(line)
                peer.recv(65_536)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        thread.join(PATIENCE)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
