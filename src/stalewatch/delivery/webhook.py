"""Events to an address of somebody's own: JSON, signed as Standard Webhooks say, at least once, never redirected.

`webhook-id` is the event's id: a receiver that has seen it does nothing. `webhook-timestamp` is the second of the
attempt, and `webhook-signature` has one `v1,` for each secret: HMAC-SHA256 over `id.timestamp.body`, in base64.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from stalewatch.clock import Clock
from stalewatch.domain.hooks import Hook
from stalewatch.sdk.addresses import address_of, is_public
from stalewatch.sdk.errors import NotAccepted, NotifierError, OutcomeUnknown, SlowDown, WorkspaceDown
from stalewatch.sdk.network import Deadline, GuardedBackend, GuardedTransport, PrivateAddress, guarded_client
from stalewatch.sdk.notifier import Message, Notifier, Outcome, Receipt, Settled

SECONDS: Final = 8.0
"""Seconds that one event may take, from the name's address to the status."""
FIRST_WAIT: Final = timedelta(seconds=15)
LONGEST_WAIT: Final = timedelta(hours=1)
_PREFIX: Final = "whsec_"
_CURE: Final = "`allow_custom_host: true` beside it lets it lead there"
_BUSY: Final = (408, 425, 429)


def key_of(secret: str) -> bytes:
    """The key of a secret: what is behind `whsec_` in base64, or the text itself."""
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def signed(secrets: tuple[str, ...], event: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of one attempt."""
    content = f"{event}.{timestamp}.".encode() + body
    digests = (hmac.new(key_of(secret), content, sha256).digest() for secret in secrets)
    signatures = " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
    return {"webhook-id": event, "webhook-timestamp": str(timestamp), "webhook-signature": signatures}


@dataclass
class Webhook(Notifier):
    """One address that is told of events. Its own failing is nobody else's: it is a service of its own."""

    hook: Hook
    clock: Clock
    timeout_seconds = SECONDS
    settle_after_seconds = 0.0
    _gone: str | None = None
    _failures: int = 0
    _client: httpx.Client | None = field(default=None, repr=False)
    _deadline: Deadline = field(default_factory=lambda: Deadline(time.monotonic), repr=False)

    @property
    def type(self) -> str:  # type: ignore[override]  # one for each address, so that each is paused by itself
        """The name of the service."""
        return f"webhook {urlsplit(self.hook.url).hostname} ({self.hook.target})"

    def send(self, message: Message) -> Receipt:
        """Post an event once; raises as `Notifier.send` says."""
        body = message.entries[0].body.encode()
        now = self.clock.now()
        headers = signed(self.hook.secrets, message.delivery, int(now.timestamp()), body)
        status, wait = self._post(body, {**headers, "Content-Type": "application/json"})
        if 200 <= status < 300:
            self._failures = 0
            return Receipt(at=now, handle={"id": message.delivery, "status": status})
        if status == 410:
            self._gone = f"{self._where} answered 410: it wants no more events"
            raise WorkspaceDown(self._gone, cure="take it out of `webhooks:`, or restart to try it again")
        if status in _BUSY or status >= 500:
            raise self._slower(f"{self._where} answered {status}", wait)
        what = "with a redirect, which is not followed" if 300 <= status < 400 else str(status)
        raise NotAccepted(f"{self._where} answered {what}", cure="look at what answers there")

    def settle(self, delivery: str, address: str, since: datetime, thread: Mapping[str, Any] | None = None) -> Settled:
        """Nobody can look; it is sent again, with the same id."""
        return Settled(outcome=Outcome.CANNOT_LOOK)

    def check(self) -> None:
        """One that wants no more events stays paused until this process is started again."""
        if self._gone is not None:
            raise WorkspaceDown(self._gone)

    @property
    def _where(self) -> str:
        """The address as it may be shown: without its path, which may be a secret."""
        return f"{urlsplit(self.hook.url).hostname}"

    def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, str | None]:
        """The status of the answer, and what it says of when to come again; its body is not read."""
        self._look_out()
        try:
            with (
                self._deadline.until(time.monotonic() + SECONDS),
                self._wire().stream("POST", self.hook.url, content=body, headers=headers) as answer,
            ):
                return answer.status_code, answer.headers.get("retry-after")
        except PrivateAddress as error:
            raise NotAccepted(str(error), cure=_CURE) from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise self._slower(f"{self._where} cannot be reached", None) from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(f"{self._where} did not answer in time ({type(error).__name__})") from error
        except (httpx.InvalidURL, ValueError) as error:
            raise NotAccepted(f"{self._where} cannot be called: {type(error).__name__}") from error

    def _look_out(self) -> None:
        """An address that is written as a number is looked at here, in whatever spelling; what a name stands for, at
        the socket."""
        host = urlsplit(self.hook.url).hostname or ""
        if not self.hook.allow_custom_host and address_of(host) is not None and not is_public(host):
            raise NotAccepted(f"{host} is an address of a private network", cure=_CURE)

    def _slower(self, what: str, asked: str | None) -> NotifierError:
        """Not now: after each failure in a row it is left alone for four times as long, an hour at most."""
        wait = min(FIRST_WAIT * 4 ** min(self._failures, 6), LONGEST_WAIT)
        self._failures += 1
        if asked is not None and asked.isascii() and asked.isdecimal():
            wait = min(max(wait, timedelta(seconds=min(int(asked), 86_400))), LONGEST_WAIT)
        return SlowDown(what, after=wait)

    def _wire(self) -> httpx.Client:
        if self._client is None:
            backend = GuardedBackend(self._deadline, allow_private=self.hook.allow_custom_host)
            wire = GuardedTransport(backend, connections=1)
            self._client = guarded_client(wire, connect=4.0, read=SECONDS)
        return self._client


class Unconfigured(Notifier):
    """Stands for a webhook that is configured no more: what was on its way to it arrives nowhere."""

    type = "webhook"

    def send(self, message: Message) -> Receipt:
        """Refuse."""
        raise NotAccepted("no webhook with this address is configured any more", where=message.address)

    def settle(self, delivery: str, address: str, since: datetime, thread: Mapping[str, Any] | None = None) -> Settled:
        """Nobody can look."""
        return Settled(outcome=Outcome.CANNOT_LOOK)
