"""One connection to one org: deadlines, retries by error class, one login for all threads, no token to a stranger."""

from __future__ import annotations

import random
import time
import weakref
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import IO, Any, Final, TypeVar

import httpx
import msgspec

from stalewatch.sdk.connector import ConnectionSettings
from stalewatch.sdk.errors import ConnectorError, NeedsReconnect, Refused, TryLater
from stalewatch.sdk.nesting import flattened
from stalewatch.sdk.network import (
    Deadline,
    GuardedBackend,
    GuardedTransport,
    PrivateAddress,
    addresses,
    guarded_client,
)
from stalewatch.sdk.pacing import MemoryPacer
from stalewatch_salesforce.auth import Token
from stalewatch_salesforce.errors import QUOTA_PAUSE, Broken, Fault, Next, hidden, of_answer
from stalewatch_salesforce.limits import Quota, Slots
from stalewatch_salesforce.login import Login
from stalewatch_salesforce.mending import mended
from stalewatch_salesforce.options import Options
from stalewatch_salesforce.session import Session

T = TypeVar("T")
_CONNECTIONS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to wait for what, in seconds.

    Attributes:
        call: for one request with all its repetitions.
        pauses: before each repetition; jitter takes away up to half of each.
    """

    connect: float = 5.0
    read: float = 30.0
    call: float = 90.0
    pauses: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    resolve: Callable[[str, int], list[str]] = addresses


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is data. `at` is the server's own time, None if it did not tell."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    at: datetime | None


class Transport:
    """Calls one org; safe to use from several threads."""

    def __init__(self, options: Options, settings: ConnectionSettings, pace: Pace | None = None) -> None:
        """Prepare; nothing is called yet.

        Raises:
            ConfigurationError: a refresh token would have nowhere to be kept.
        """
        self.pace = pace or Pace()
        self.quota = Quota(options.quota_ceiling)
        self.calls: Counter[str] = Counter()
        self.pacer = settings.pacer or MemoryPacer(self.pace.monotonic)
        self._login = Login(options, settings.vault, self)
        self.session = Session(self._login.token)
        self._auth, self._now = options.auth, settings.now
        self._slots = Slots(_CONNECTIONS)
        self._lock = Lock()
        self._offset = timedelta()
        self._deadline = Deadline(self.pace.monotonic)
        backend = GuardedBackend(self._deadline, allow_private=options.hosts.is_custom, resolve=self.pace.resolve)
        wire = GuardedTransport(backend, _CONNECTIONS)
        self._http = guarded_client(wire, connect=self.pace.connect, read=self.pace.read)
        weakref.finalize(self, self._http.close)  # connections end with whoever made them

    def __repr__(self) -> str:
        return f"Transport({self._auth.login_url})"

    @property
    def offset(self) -> timedelta:
        """How far the server's clock is ahead of ours."""
        return self._offset

    def server_now(self) -> datetime:
        """The server's time, as far as its last answer tells."""
        return self._now() + self._offset

    def deadline(self, seconds: float | None = None) -> float:
        """The moment by which something that begins now has to be over."""
        return self.pace.monotonic() + (self.pace.call if seconds is None else seconds)

    def call(
        self, method: str, path: str, parse: Callable[[Reply], T], *, body: bytes | None = None,
        headers: Mapping[str, str] | None = None, deadline: float | None = None, kind: str = "call",
        sink: IO[bytes] | None = None,
    ) -> T:  # fmt: skip
        """Make a call and read its answer.

        Args:
            path: from the root of the instance.
            sink: where CSV of any length goes in place of `Reply.body`; it then holds what the last attempt brought.
            parse: reads the answer; msgspec.DecodeError from it counts as a broken answer.
            deadline: when everything has to be over, repetitions included.

        Raises:
            TryLater: it did not succeed in time, or the quota is spent.
            NeedsReconnect: the session or the permissions are gone.
            Refused: this request cannot work; `fault` of it tells the code.
        """
        limit = min(self.deadline(), deadline or float("inf"))
        token = self.session.token()
        is_renewed = False
        for pause in (*self.pace.pauses, None):
            try:
                return self.attempt(method, path, parse, token, body, headers or {}, limit, kind, sink)
            except Broken as broken:
                fault = broken.fault
            if fault.next is Next.RENEW:
                if is_renewed:
                    raise self.session.reject(token, fault.message)
                token, is_renewed = self.session.instead_of(token), True
            elif fault.next not in (Next.RETRY, Next.CALM):
                raise self.give_up(fault)
            else:
                self.wait(pause, limit, fault)
        raise self.give_up(fault)

    def wait(self, pause: float | None, limit: float, fault: Fault) -> None:
        """Pause before the next attempt.

        Raises:
            TryLater: no attempt is left, or the pause would outlast the deadline.
        """
        if fault.next is Next.CALM:
            self._slots.shrink()
        wait = 0.0 if pause is None else pause * (1 - self.pace.jitter() / 2)
        if pause is None or self.pace.monotonic() + wait >= limit:
            raise self.give_up(fault)
        self.pace.sleep(wait)

    def clean(self, text: str) -> str:
        """A text without this connection's secrets."""
        token = self.session.known
        return hidden(text, [self._auth.client_secret, *self._login.secrets, token.value if token else ""])

    # -------------------------------------------------------------------------------------------- one attempt

    def attempt(
        self, method: str, path: str, parse: Callable[[Reply], T], token: Token, body: bytes | None,
        headers: Mapping[str, str], limit: float, kind: str, sink: IO[bytes] | None = None,
    ) -> T:  # fmt: skip
        """Make a call once, with a token; raises Broken with what went wrong, for whoever decides what to do next."""
        self._check_quota(token)
        if not path.startswith("/services/"):
            raise Refused("Salesforce named an address that is not its own; nothing was sent there")
        own = {"Authorization": f"Bearer {token.value}", **headers}
        if body is not None:
            own["Content-Type"] = "application/json"
        with self._slots.one():
            self.calls[kind] += 1
            request = self._http.build_request(method, token.base + path, content=body, headers=own)
            reply = self.send(request, limit, sink)
        if told := self.quota.hear(reply.headers.get("sforce-limit-info")):
            self.pacer.hear(token.account, told)
        try:
            return _parsed(parse, reply)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Broken(Fault(Next.RETRY, reply.status, "", f"half an answer ({error})")) from error

    def send(self, request: httpx.Request, limit: float, sink: IO[bytes] | None = None) -> Reply:
        """Send one request; Broken with a fault unless the answer is data."""
        try:
            with self._deadline.until(limit):
                response = self._http.send(request, stream=sink is not None)
                is_poured = sink is not None and _poured(response, sink)
        except PrivateAddress as error:
            raise NeedsReconnect(str(error), cure="Only `allow_custom_host: true` allows private addresses.") from error
        except (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL) as error:
            words = self.clean(f"{type(error).__name__}: {error}")
            raise Broken(Fault(Next.RETRY, 0, "", words)) from None
        at = self._hear_time(response.headers.get("date"))
        headers = {name.lower(): value for name, value in response.headers.items()}
        if 300 <= response.status_code < 400 and response.status_code != 304:
            raise NeedsReconnect("Salesforce sends us to another address, which we do not follow")
        body = b"" if is_poured else mended(response.content)
        fault = None if is_poured else of_answer(response.status_code, headers, body)
        if fault is not None:
            raise Broken(replace(fault, message=self.clean(fault.message)))
        return Reply(response.status_code, headers, body, at)

    def post(self, url: str, form: Mapping[str, str], limit: float) -> Reply:
        """Send a form without a token; Broken with a fault unless the answer is data."""
        return self.send(self._http.build_request("POST", url, data=dict(form)), limit)

    def _hear_time(self, date: str | None) -> datetime | None:
        try:
            at = parsedate_to_datetime(date or "")
        except ValueError:
            return None
        if at.tzinfo is None:
            return None
        with self._lock:
            self._offset = at - self._now()
        return at

    def _check_quota(self, token: Token) -> None:
        rest = self.pacer.resting(token.account)
        if rest is not None:
            raise TryLater(rest.why, after=timedelta(seconds=rest.seconds))

    def give_up(self, fault: Fault) -> ConnectorError:
        """The error for a fault that will not pass in time; a spent quota stops every further call."""
        error, token = fault.error(), self.session.known
        if fault.next is Next.LATER and token is not None:
            self.pacer.rest(token.account, QUOTA_PAUSE.total_seconds(), error.what)
        error.__dict__["fault"] = fault
        return error


def _parsed(parse: Callable[[Reply], T], reply: Reply) -> T:
    try:
        return parse(reply)
    except RecursionError:  # one cell that is nested without end: what lies around it can be read
        return parse(replace(reply, body=flattened(reply.body)))


def _poured(response: httpx.Response, sink: IO[bytes]) -> bool:
    """Let a body of CSV into a file; whether it was one. Any other is read, for it says what is wrong."""
    with closing(response):
        if response.status_code != 200 or not response.headers.get("content-type", "").startswith("text/csv"):
            response.read()
            return False
        sink.seek(0)
        sink.truncate()
        for piece in response.iter_bytes():
            sink.write(piece)
        return True


def code_of(error: Exception) -> str:
    """Salesforce's error code behind an error that `call` raised, "" if there is none."""
    fault: Any = error.__dict__.get("fault")
    return fault.code if isinstance(fault, Fault) else ""
