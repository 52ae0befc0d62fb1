"""Socket Mode: what people do comes over a connection that we open, where Slack cannot reach us.

slack_sdk keeps the connection: it answers pings, and opens a new one when Slack closes one (about every hour) or it
breaks. What is not acknowledged is sent again; it is written down before it is acknowledged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPException
from socket import SHUT_RDWR
from threading import Event, Thread
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from stalewatch.delivery.slack.client import CALL_SECONDS
from stalewatch.delivery.slack.heard import Heard, of_envelope
from stalewatch.delivery.slack.wire import Wire
from stalewatch.sdk.errors import StalewatchError

log = logging.getLogger("stalewatch.slack")

FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 60.0
PING_SECONDS: Final = 5.0
_AGAIN: Final = 0.05
"""Seconds after which whoever has not ended is told to once more."""
Take = Callable[[Heard], Mapping[str, Any] | None]


class Socket:
    """Listens between `start` and `stop`.

    Args:
        app_token: `xapp-…`, with the scope connections:write.
        take: called with everything that comes; its answer goes back with the acknowledgement.
    """

    def __init__(self, app_token: str, base_url: str, take: Take) -> None:
        self._token, self._base_url, self._take = app_token, base_url, take
        self._ending = Event()
        self._client: SocketModeClient | None = None
        self._opening: Thread | None = None

    def start(self) -> None:
        """Open the connection, again and again until it is open; returns at once."""
        self._client = client = self._made()
        self._opening = Thread(target=self._open, args=(client,), name="slack-socket", daemon=True)
        self._opening.start()

    def stop(self) -> None:
        """Close it at once; what is being taken ends first, and what was not acknowledged is sent again elsewhere."""
        self._ending.set()
        if self._opening is not None:
            self._opening.join(CALL_SECONDS)
        if self._client is not None:
            _hang_up(self._client)

    def _made(self) -> SocketModeClient:
        """A client that has not connected yet; its threads run already."""
        wire = Wire(base_url=self._base_url, timeout=int(CALL_SECONDS), retry_handlers=[], logger=_quiet())
        wire.proxy = None  # urllib itself knows the proxies, and for whom they are not
        client = SocketModeClient(self._token, logger=_quiet(), web_client=wire, ping_interval=PING_SECONDS)
        if proxy_bypass(urlsplit(self._base_url).hostname or ""):
            client.proxy = None  # slack_sdk reads HTTPS_PROXY and forgets NO_PROXY
        client.socket_mode_request_listeners.append(self._hear)
        client.on_close_listeners.append(self._closed)
        return client

    def is_connected(self) -> bool:
        """Whether Slack reaches us now."""
        return self._client is not None and bool(self._client.is_connected())

    def _open(self, client: SocketModeClient) -> None:
        wait = FIRST_WAIT
        while not self._ending.is_set():
            try:
                client.connect()
            except (SlackApiError, SlackClientError, OSError, HTTPException, ValueError) as error:
                log.warning("Slack's socket cannot be opened: %s; tried again in %.0f s", _said(error), wait)
                client.wss_uri = None  # an address is good for one connection
                self._ending.wait(wait)
                wait = min(wait * 2, LONGEST_WAIT)
            else:
                log.info("answers come over Slack's socket")
                return

    def _hear(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """One envelope: taken, then acknowledged. What could not be written down is not, and Slack says so."""
        try:
            answer = self._take(of_envelope(request.type, request.payload))
        except StalewatchError as error:
            log.warning("an answer from Slack was not taken: %s", error)
            return
        client.send_socket_mode_response(
            SocketModeResponse(request.envelope_id, None if answer is None else {**answer})
        )

    def _closed(self, _code: int, _reason: str | None) -> None:
        if not self._ending.is_set():
            log.info("Slack's socket was closed; another one is opened")


def _hang_up(client: SocketModeClient) -> None:
    """`close` alone would wait for seconds until nothing more comes."""
    client.closed = True
    client.auto_reconnect_enabled = client.default_auto_reconnect_enabled = False
    line = client.current_session.sock if client.current_session is not None else None
    if line is not None:
        with suppress(OSError):  # it has just broken by itself
            line.shutdown(SHUT_RDWR)
    client.message_queue.put(None)
    _end_listening(client)
    client.close()
    client.disconnect()  # what one of its threads still opened while it closed


def _end_listening(client: SocketModeClient) -> None:
    """`close` waits without end for whoever listens, who forgets the word to end if it comes as listening begins."""
    listening = client.current_session_runner
    listening.event.set()
    while listening.is_alive():
        client.current_session_state.terminated = True
        client.disconnect()
        listening.thread.join(_AGAIN)


def _quiet() -> logging.Logger:
    """slack_sdk logs addresses with tickets in them, and whole messages: what matters is told here."""
    return logging.Logger("slack-socket", logging.CRITICAL)


def _said(error: Exception) -> str:
    """Its word, without the answer it came in."""
    if isinstance(error, SlackApiError):
        word = error.response.get("error") if error.response is not None else None
        return str(word or "Slack refused")
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
