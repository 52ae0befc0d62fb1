"""Readers of a list: so many connections that each ask again as soon as they were answered, in a process of their own.

    python -m bench._stalled_readers PORT SECONDS CONNECTIONS TOKEN PATH...

The paths are asked in turn. Says answers a second and how long they took, as one line of JSON. It looks at no answer
but for its status and length, so that one processor serves what the other one asks.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from time import perf_counter
from typing import Any

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Read:
    """What some seconds of reading said: answers a second, and milliseconds."""

    rate: float
    median: float
    p99: float
    slowest: float

    def __str__(self) -> str:
        return f"{self.rate:,.0f} a second, median {self.median:.1f} ms, p99 {self.p99:.1f} ms"


def reading(port: int, paths: Sequence[str], token: str, seconds: float, connections: int = CONNECTIONS) -> Read:
    """Read these paths in turn for so many seconds."""
    return finished(begun(port, paths, token, seconds, connections))


def begun(
    port: int, paths: Sequence[str], token: str, seconds: float, connections: int = CONNECTIONS
) -> subprocess.Popen[str]:
    """Begin to read; `finished` waits for the end."""
    command = [sys.executable, "-m", "bench._stalled_readers", str(port), str(seconds), str(connections), token]
    return subprocess.Popen([*command, *paths], stdout=-1, text=True)  # noqa: S603  # this module


def finished(process: subprocess.Popen[str]) -> Read:
    """What was read."""
    told, _ = process.communicate()
    assert process.returncode == 0, "the readers gave up; their reason stands above"
    return Read(**json.loads(told))


class _Reader(asyncio.Protocol):
    def __init__(self, requests: Sequence[bytes], first: int, until: float, took: list[float]) -> None:
        self._requests = cycle([*requests[first:], *requests[:first]])
        self._until, self._took = until, took
        self._head, self._left, self._began = b"", -1, 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            self._left = _length(self._head[:end]) - (len(self._head) - end - 4)
        else:
            self._left -= len(data)
        if self._left <= 0:
            self._answered()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))

    def _ask(self) -> None:
        self._head, self._left, self._began = b"", -1, perf_counter()
        self._transport.write(next(self._requests))

    def _answered(self) -> None:
        now = perf_counter()
        self._took.append(now - self._began)
        if now < self._until:
            self._ask()
        else:
            self.done.set_result(None)
            self._transport.close()


def _length(head: bytes) -> int:
    status, *lines = head.split(b"\r\n")
    assert b" 200" in status, head
    fields = dict(line.lower().split(b": ", 1) for line in lines)
    return int(fields[b"content-length"])


async def read(port: int, seconds: float, connections: int, token: str, paths: Sequence[str]) -> Read:
    """Read for so many seconds."""
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        for path in paths
    ]
    loop, took = asyncio.get_running_loop(), list[float]()
    began = perf_counter()
    readers = []
    for number in range(connections):
        make = partial(_Reader, requests, number * len(requests) // connections, began + seconds, took)
        readers.append((await loop.create_connection(make, "127.0.0.1", port))[1])
    await asyncio.gather(*(reader.done for reader in readers))
    passed, ms = perf_counter() - began, sorted(one * 1e3 for one in took)
    return Read(len(ms) / passed, ms[len(ms) // 2], ms[int(len(ms) * 0.99)], ms[-1])


if __name__ == "__main__":
    port, seconds, connections, token, *paths = sys.argv[1:]
    found = asyncio.run(read(int(port), float(seconds), int(connections), token, paths))
    print(json.dumps({name: getattr(found, name) for name in Read.__slots__}))
