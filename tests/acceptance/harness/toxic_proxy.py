"""A TCP proxy of our own that spoils what goes through it, switched while connections are open."""

from __future__ import annotations

import asyncio
import socket
import struct
from asyncio import AbstractEventLoop, StreamReader, StreamWriter, Task
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from threading import Thread
from typing import Final

_PIECE: Final = 65_536
_TICK: Final = 0.02
"""Seconds after which what is held back sees that it is held back no more."""
_RESETS: Final = struct.pack("ii", 1, 0)
_PAGE: Final = b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
_BAD_GATEWAY: Final = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: "
    + str(len(_PAGE)).encode() + b"\r\n\r\n" + _PAGE
)  # fmt: skip


class Toxic(StrEnum):
    """What happens to the next bytes, of old connections and of new ones."""

    NONE = "none"
    LATENCY = "each piece comes 0.15 s later"
    JITTER = "each piece comes up to 0.3 s later"
    RESET = "both ends get a reset"
    HALF_CLOSE = "the answer ends before it has begun, and the other way stays open"
    STALL = "nothing goes through, and nothing ends"
    TRICKLE = "a byte a second"
    TRUNCATE = "half of an answer, and then the end"
    BAD_GATEWAY = "a page with 502 in place of the answer; what was asked does not arrive"
    REFUSED = "nobody is let in"


EVERYWHERE: Final = tuple(one for one in Toxic if one not in (Toxic.NONE, Toxic.BAD_GATEWAY))
"""What can happen to any protocol; a page with 502 happens to HTTP alone."""


class _Over(Exception):
    """A connection has been ended on purpose."""


@dataclass
class Proxy:
    """Between clients and one server: `upstream` is host and port, or a socket in the file system.

    Attributes:
        port: where clients find it, on 127.0.0.1.
        toxic: what is done now; set it from any thread.
        spoiled: how many pieces were spoiled.
    """

    upstream: tuple[str, int] | Path
    seed: int = 0
    toxic: Toxic = Toxic.NONE
    port: int = 0
    spoiled: int = 0
    _loop: AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _at_work: set[Task[None]] = field(default_factory=set)
    _open: set[StreamWriter] = field(default_factory=set)
    _watching: set[Task[None]] = field(default_factory=set)
    _ends: bool = False

    def __post_init__(self) -> None:
        self._dice = Random(self.seed)  # noqa: S311
        self._server = self._loop.run_until_complete(asyncio.start_server(self._let_in, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = Thread(target=self._loop.run_forever, name="toxic-proxy", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is, for HTTP, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Nothing of it is left."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        """A server of asyncio that is closed while it lets somebody in leaves them open for ever: it is closed last."""
        self._ends = True
        for task in self._at_work:
            task.cancel()
        for one in self._open:
            one.transport.abort()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.gather(*others, return_exceptions=True)
        self._server.close()

    # ----------------------------------------------------------------------------------------------- one connection

    def _let_in(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._keep(writer)
        if self._ends:
            writer.transport.abort()
            return
        task = self._loop.create_task(self._meet(reader, writer))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    def _keep(self, writer: StreamWriter) -> None:
        """Know it for as long as it is open: one that is being closed may still have something to send."""
        self._open.add(writer)
        self._watching.add(task := self._loop.create_task(self._forget(writer)))
        task.add_done_callback(self._watching.discard)

    async def _forget(self, writer: StreamWriter) -> None:
        with suppress(OSError):
            await writer.wait_closed()
        self._open.discard(writer)

    async def _meet(self, reader: StreamReader, writer: StreamWriter) -> None:
        if self.toxic is Toxic.REFUSED:
            self.spoiled += 1
            _abort(writer)
            return
        try:
            there, back = await self._reach()
        except OSError:
            _abort(writer)
            return
        self._keep(back)
        pumps = [
            asyncio.ensure_future(self._pump(reader, back, writer, is_answer=False)),
            asyncio.ensure_future(self._pump(there, writer, back, is_answer=True)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for one in (writer, back):
                one.close()

    async def _reach(self) -> tuple[StreamReader, StreamWriter]:
        if isinstance(self.upstream, Path):
            return await asyncio.open_unix_connection(self.upstream)
        return await asyncio.open_connection(*self.upstream)

    async def _pump(self, source: StreamReader, sink: StreamWriter, other: StreamWriter, *, is_answer: bool) -> None:
        """Carry what comes; raises when the connection is over, one way or another."""
        while piece := await source.read(_PIECE):
            while self.toxic is Toxic.STALL:
                await asyncio.sleep(_TICK)
            await self._carry(piece, sink, other, is_answer=is_answer)
        with suppress(OSError):
            sink.write_eof()
        if is_answer:
            raise _Over

    async def _carry(self, piece: bytes, sink: StreamWriter, other: StreamWriter, *, is_answer: bool) -> None:
        toxic = self.toxic
        self.spoiled += toxic is not Toxic.NONE
        if toxic is Toxic.LATENCY:
            await asyncio.sleep(0.15)
        elif toxic is Toxic.JITTER:
            await asyncio.sleep(self._dice.uniform(0, 0.3))
        elif toxic is Toxic.RESET and self._dice.random() < 0.5:  # half of the questions arrive before the reset
            _abort(sink)
            _abort(other)
            raise _Over
        elif toxic is Toxic.BAD_GATEWAY and not is_answer:
            other.write(_BAD_GATEWAY)
            await other.drain()
            raise _Over
        elif toxic is Toxic.HALF_CLOSE and is_answer:
            sink.write_eof()
            return
        elif toxic is Toxic.TRUNCATE and is_answer:
            sink.write(piece[: len(piece) // 2])
            await sink.drain()
            raise _Over
        elif toxic is Toxic.TRICKLE:
            piece = await self._trickled(piece, sink)
        sink.write(piece)
        await sink.drain()

    async def _trickled(self, piece: bytes, sink: StreamWriter) -> bytes:
        """Byte after byte while it lasts; returns what is left then."""
        while piece and self.toxic is Toxic.TRICKLE:
            sink.write(piece[:1])
            await sink.drain()
            piece = piece[1:]
            for _ in range(round(1 / _TICK)):
                if self.toxic is not Toxic.TRICKLE:
                    break
                await asyncio.sleep(_TICK)
        return piece


def _abort(writer: StreamWriter) -> None:
    """Close with a reset instead of a goodbye."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.family != socket.AF_UNIX:
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESETS)
    writer.transport.abort()


@contextmanager
def between(upstream: tuple[str, int] | Path, seed: int = 0) -> Iterator[Proxy]:
    """A proxy for as long as the block lasts."""
    proxy = Proxy(upstream, seed)
    try:
        yield proxy
    finally:
        proxy.close()
