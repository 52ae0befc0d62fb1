"""Puts a response on the wire, whole or as a fault wants it."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from io import BufferedIOBase
from typing import Final

from stalewatch_sandbox.serving.exchange import Delivery, Request, Response

_WORTH_PACKING: Final = 1000
"""Bytes below which gzip is not worth its header."""
_LONG: Final = 65_536
"""Bytes above which an answer comes in chunks, cut wherever one ends: also within a character."""
_CHUNK: Final = 16_381
_DRIP: Final = 1.0
"""Seconds between two bytes."""
_LINGER: Final = struct.Struct("ii")
_BODILESS: Final = frozenset({204, 304})


def packed(request: Request, response: Response) -> Response:
    """The response, compressed if the client takes gzip and there is enough of it."""
    accepts = "gzip" in (request.header("accept-encoding") or "")
    if not accepts or len(response.body) < _WORTH_PACKING or "Content-Encoding" in response.headers:
        return response
    packed_body = gzip.compress(response.body, compresslevel=1, mtime=0)
    return replace(
        response, body=packed_body, headers={**response.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    )


def sent(out: BufferedIOBase, connection: socket.socket, response: Response, stopping: threading.Event) -> bool:
    """Write a response; False if the connection is of no use after it."""
    if response.delay and stopping.wait(response.delay):
        return False
    match response.delivery:
        case Delivery.WHOLE if len(response.body) > _LONG:
            _write(out, _head(response, {"Transfer-Encoding": "chunked"}), *_chunks(response.body))
            return True
        case Delivery.WHOLE:
            _write(out, _head(response, _length(response)), _body(response))
            return True
        case Delivery.SILENCE:
            stopping.wait()
        case Delivery.RESET:
            reset(connection)
        case Delivery.CUT:
            _write(out, _head(response, _length(response)), response.body[: len(response.body) // 2])
        case Delivery.BAD_CHUNK:
            half, chunked = response.body[: len(response.body) // 2], {"Transfer-Encoding": "chunked"}
            _write(out, _head(response, chunked), b"%x\r\n%b\r\nnot hex\r\n" % (len(half), half))
        case Delivery.DRIP:
            return _drip(out, response, stopping)
    return False


def reset(connection: socket.socket) -> None:
    """Have a connection reset when it is closed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER.pack(1, 0))


def is_reset(connection: socket.socket) -> bool:
    """Whether a response said that this connection shall be reset."""
    try:
        lingers = connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER.size)
    except OSError:  # closed already, as `stop` does
        return False
    return bool(_LINGER.unpack(lingers)[0])


def _drip(out: BufferedIOBase, response: Response, stopping: threading.Event) -> bool:
    _write(out, _head(response, _length(response)))
    for byte in response.body:
        if stopping.wait(_DRIP):
            return False
        _write(out, bytes((byte,)))
    return True


def _write(out: BufferedIOBase, *parts: bytes) -> None:
    out.writelines(parts)
    out.flush()


def _chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), _CHUNK):
        piece = body[start : start + _CHUNK]
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def _length(response: Response) -> dict[str, str]:
    return {"Content-Length": str(len(response.body))}


def _body(response: Response) -> bytes:
    return b"" if response.status in _BODILESS else response.body


def _head(response: Response, length: Mapping[str, str]) -> bytes:
    headers = {**response.headers} if response.status in _BODILESS else {**response.headers, **length}
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unusual"  # 420 and 477 are no standard codes
    lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
