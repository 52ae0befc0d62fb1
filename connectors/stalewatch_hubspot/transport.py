"""One connection to one portal: deadlines, retries by error class, one limiter, and no token to a stranger."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Final, TypeVar

import httpx
import msgspec

from stalewatch.sdk.connector import ConnectionSettings
from stalewatch.sdk.errors import ConnectorError, NeedsReconnect, Refused, TryLater, WriteUnknown
from stalewatch.sdk.network import (
    Deadline,
    GuardedBackend,
    GuardedTransport,
    PrivateAddress,
    addresses,
    guarded_client,
)
from stalewatch.sdk.pacing import MemoryPacer
from stalewatch_hubspot.errors import Fault, Next, fault_of, hidden
from stalewatch_hubspot.limits import DAILY, Limits
from stalewatch_hubspot.options import VERSION, Options
from stalewatch_hubspot.rows import decoded
from stalewatch_hubspot.session import Session, Token

T = TypeVar("T")
_CONNECTIONS: Final = 10
_LOCKED, _FORBIDDEN = 423, 403
_ENDINGS: Final = ("Sunset", "Deprecation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to wait for what, in seconds.

    Attributes:
        call: for one request with all its repetitions.
        lost: for all failed attempts of one pull and the pauses after them; work that succeeds may take its time.
        pauses: before each repetition; jitter takes away up to half of each.
    """

    connect: float = 5.0
    read: float = 30.0
    call: float = 90.0
    lost: float = 240.0
    pauses: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    resolve: Callable[[str, int], list[str]] = addresses


class Broken(Exception):
    """One attempt failed; it is caught here and never leaves."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Transport:
    """Calls one portal; safe to use from several threads.

    Attributes:
        calls: how many requests went out, by kind.
        limits: what the portal allows, counted by everybody who calls it.
        sunset: what HubSpot said last of the end of this version of its API, as it stood in a header; "": nothing.
        lost: seconds that failed attempts and the pauses after them have cost this pull.
    """

    def __init__(self, options: Options, settings: ConnectionSettings, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self.calls: Counter[str] = Counter()
        self.lost = 0.0
        self.sunset = ""
        self.limits = Limits(options, settings.pacer or MemoryPacer(self.pace.monotonic), self.server_now)
        self._host, self._now, self._lock = options.host, settings.now, Lock()
        self.session = Session(options.auth, self._exchange, self.pace.monotonic, settings.vault)
        self._offset = timedelta()
        self._deadline = Deadline(self.pace.monotonic)
        backend = GuardedBackend(self._deadline, allow_private=options.host.is_custom, resolve=self.pace.resolve)
        self._wire = GuardedTransport(backend, _CONNECTIONS)
        self._http = guarded_client(self._wire, connect=self.pace.connect, read=self.pace.read)

    def __repr__(self) -> str:
        return f"Transport({self._host.origin})"

    def close(self) -> None:
        """Close what is open; the next call opens it again. What a portal may do is still counted."""
        self._wire.close()

    @property
    def offset(self) -> timedelta:
        """How far the server's clock is ahead of ours."""
        return self._offset

    def server_now(self) -> datetime:
        """The server's time, as its last answer tells it."""
        return self._now() + self._offset

    def call(self, method: str, path: str, type_: type[T], body: object = None, *, kind: str = "call") -> T:
        """Make a call and read its answer.

        Args:
            path: from the root of the API, or a link to its own next page.
            type_: what the answer is decoded as; one that is something else counts as broken.
            kind: for the counter; "search" has a limit of its own.

        Raises:
            TryLater: it did not succeed in time, or the day's calls are spent.
            NeedsReconnect: the token is refused.
            MissingScope: the token may not read this.
            Refused: this request cannot work.
        """
        url, limit = self._host.url(path), self.pace.monotonic() + self.pace.call
        token, is_renewed = self.session.token(), False
        pauses = iter((*self.pace.pauses, None))
        while True:
            self._go(limit, kind)
            began = self.pace.monotonic()
            try:
                return self._answer(method, url, type_, body, token, limit)
            except Broken as broken:
                fault = broken.fault
            if fault.status == 404 and kind == "account":  # what every portal has: the version itself is not there
                fault = replace(fault, next=Next.RECONNECT)
            if fault.next is Next.RENEW and self.session.can_renew and not is_renewed:
                token, is_renewed = self.session.instead_of(token), True
            else:
                self._wait(fault, next(pauses, None), limit)
            self.lost += self.pace.monotonic() - began
            if self.lost > self.pace.lost:
                raise fault.error(is_app=self.session.can_renew)

    def once(self, method: str, path: str, type_: type[T], body: object, *, seconds: float | None = None) -> T:
        """Make a call that has an effect: it goes out again only after an answer that surely had none.

        Args:
            seconds: that it may take, repetitions included.

        Raises:
            WriteUnknown: no answer came, or one that says nothing of what was done.
            Refused: in HubSpot's own words, and with the properties that they name; and what `call` raises.
        """
        url, limit = self._host.url(path), self.pace.monotonic() + (seconds or self.pace.call)
        token, is_renewed = self.session.token(), False
        pauses = iter((*self.pace.pauses, None))
        while True:
            self._go(limit, "write")
            try:
                return self._answer(method, url, type_, body, token, limit)
            except Broken as broken:
                fault = broken.fault
            if fault.next is Next.RENEW and self.session.can_renew and not is_renewed:
                token, is_renewed = self.session.instead_of(token), True
            elif fault.next is Next.RETRY and fault.status != _LOCKED:
                raise WriteUnknown(f"HubSpot did not answer properly ({fault.status}): {fault.message}")
            elif fault.next is Next.REFUSED or (fault.next is Next.RECONNECT and fault.status == _FORBIDDEN):
                raise Refused(fault.message, fields=fault.fields, code=fault.category)
            else:
                self._wait(fault, next(pauses, None), limit)

    # -------------------------------------------------------------------------------------------------- waiting

    def _go(self, limit: float, kind: str) -> None:
        """Wait until the limits allow one more call, and count it."""
        while (wait := self.limits.claim(kind)) is not None:
            if wait.why == DAILY:
                raise self._spent(wait.seconds)
            self._sleep(wait.seconds, limit, "the limits of the portal leave no call in time")
        self.calls[kind] += 1

    def _wait(self, fault: Fault, pause: float | None, limit: float) -> None:
        """Pause before the next attempt; raises if there will be none."""
        if fault.next is Next.TOMORROW:
            raise self._spent(self.limits.spend_day())
        if fault.next not in (Next.RETRY, Next.PAUSE, Next.SEARCH):
            raise fault.error(is_app=self.session.can_renew)
        usual = 0.0 if pause is None else pause * (1 - self.pace.jitter() / 2)
        wait = usual if fault.after is None else max(usual, fault.after)
        if fault.next is Next.PAUSE:
            wait = (fault.after or usual) * (1 + self.pace.jitter() / 10)
            self.limits.rest(wait)
        if pause is None or self.pace.monotonic() + wait >= limit:
            raise self._given_up(fault, wait)
        if fault.next is not Next.PAUSE:  # the limiter makes everybody wait
            self.pace.sleep(wait)

    def _given_up(self, fault: Fault, wait: float) -> ConnectorError:
        error = fault.error(is_app=self.session.can_renew)
        if isinstance(error, TryLater) and fault.after is not None:
            error.after = timedelta(seconds=wait)
        return error

    def _sleep(self, wait: float, limit: float, what: str) -> None:
        if self.pace.monotonic() + wait >= limit:
            raise TryLater(what, after=timedelta(seconds=wait))
        self.pace.sleep(wait)

    def _spent(self, seconds: float) -> TryLater:
        return TryLater(
            "the portal's daily limit of API calls is spent",
            after=timedelta(seconds=seconds),
            cure=f"It begins anew at midnight in {self.limits.zone}. "
            "Which integration used it is shown under Connected apps.",
        )

    # ---------------------------------------------------------------------------------------------- one attempt

    def _answer(self, method: str, url: str, type_: type[T], body: object, token: Token, limit: float) -> T:
        headers = {"Authorization": f"Bearer {token.value}"}
        content = None if body is None else msgspec.json.encode(body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        answer = self._send(self._http.build_request(method, url, content=content, headers=headers), limit)
        try:
            return decoded(answer, type_)
        except (ValueError, RecursionError) as error:  # msgspec's own errors are ValueErrors
            raise Broken(Fault(Next.RETRY, 200, self.clean(f"half an answer ({error})"))) from None

    def _send(self, request: httpx.Request, limit: float) -> bytes:
        """Send one request; Broken with a fault unless the answer is data."""
        try:
            with self._deadline.until(limit):
                response = self._http.send(request)
        except PrivateAddress as error:
            raise NeedsReconnect(str(error), cure="Only `allow_custom_host: true` allows private addresses.") from error
        except (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL) as error:
            raise Broken(Fault(Next.RETRY, 0, self.clean(f"{type(error).__name__}: {error}"))) from None
        self._hear(response.headers)
        fault = fault_of(response.status_code, _lower(response.headers), response.content)
        if fault is not None:
            raise Broken(replace(fault, message=self.clean(fault.message)))
        return response.content

    def clean(self, text: str) -> str:
        """A text without this connection's secrets."""
        return hidden(text, self.session.secrets)

    def _hear(self, headers: httpx.Headers) -> None:
        """Take in the server's time, and how much of the day's calls is left."""
        self.sunset = next((f"{name}: {headers[name]}"[:120] for name in _ENDINGS if name in headers), self.sunset)
        with suppress(ValueError):
            at = parsedate_to_datetime(headers.get("date", ""))
            if at.tzinfo is not None:
                with self._lock:
                    self._offset = at - self._now()
        self.limits.hear(headers)

    def _exchange(self, form: Mapping[str, str]) -> bytes:
        """Ask for a token."""
        url, limit = self._host.url(f"/oauth/{VERSION}/token"), self.pace.monotonic() + self.pace.call
        for pause in (*self.pace.pauses, None):
            self.calls["token"] += 1
            try:
                return self._send(self._http.build_request("POST", url, data=dict(form)), limit)
            except Broken as broken:
                fault = broken.fault
            if fault.next is Next.REFUSED:
                break
            self._wait(fault, pause, limit)
        raise NeedsReconnect(f"HubSpot gives no new token ({fault.message})", cure="Install the app again.")


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
