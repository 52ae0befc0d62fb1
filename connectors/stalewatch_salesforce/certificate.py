"""The key of a login by JWT, and the certificate that lies beside it: it ends on a day, and every login with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from stalewatch.sdk.connector import Finding, Level
from stalewatch_salesforce.options import Auth

_BESIDE: Final = (".crt", ".cer", ".cert.pem")
_NOTICE: Final = 30
_RENEW: Final = "Make a new one (docs/connectors.md, 3b), upload it in the app's JWT settings, then put its key here."


def certificate(auth: Auth, now: datetime) -> Iterator[Finding]:
    """How long the certificate is good; without one beside the key, how to find out."""
    if auth.flow != "jwt" or not isinstance(auth.private_key, Path):
        return
    beside = [auth.private_key.with_suffix(ending) for ending in _BESIDE]
    path = next((one for one in beside if one.is_file()), None)
    ends = None if path is None else _end(path)
    if path is None or ends is None:
        message = f"no certificate lies beside {auth.private_key.name}: nobody here knows when logins will be refused"
        cure = f"Keep a copy of it as {beside[0].name}; the app in Salesforce shows its last day, too."
        yield Finding(subject="certificate", level=Level.OK, message=message, cure=cure)
        return
    left = (ends - now).days
    is_near = left < _NOTICE
    yield Finding(
        subject="certificate",
        level=Level.ERROR if left < 0 else Level.WARNING if is_near else Level.OK,
        message=f"{path.name} {'ended' if left < 0 else 'is good until'} {ends:%Y-%m-%d}",
        cure=_RENEW if is_near else None,
    )


def _end(path: Path) -> datetime | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (ValueError, OSError):  # another kind of file: it says nothing of the certificate
        return None
