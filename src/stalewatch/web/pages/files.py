"""The style sheet, the script and the icon: read once, named by what is in them, so that a browser may keep them."""

from __future__ import annotations

from functools import cache
from hashlib import blake2s
from importlib.resources import files
from typing import Annotated, Final

from fastapi import Path, Request, Response

from stalewatch.web.problems import Problem

_KINDS: Final = {
    "stalewatch.css": "text/css; charset=utf-8",
    "public.css": "text/css; charset=utf-8",
    "stalewatch.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "blank.svg": "image/svg+xml",
}
_A_YEAR: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_A_MINUTE: Final = {"Cache-Control": "public, max-age=60"}

Name = Annotated[str, Path(max_length=100, description="A file that the pages need.")]


async def static(request: Request, name: Name) -> Response:
    """A file that the pages need."""
    if name not in _KINDS:
        raise Problem(404, "There is no such file.")
    content, mark = _read(name)
    return Response(content, headers=_A_YEAR if request.query_params.get("v") == mark else _A_MINUTE,
                    media_type=_KINDS[name])  # fmt: skip


def address(name: str) -> str:
    """Where a page finds a file; another content has another address."""
    return f"/static/{name}?v={_read(name)[1]}"


@cache
def _read(name: str) -> tuple[bytes, str]:
    content = files("stalewatch.web").joinpath("static", name).read_bytes()
    return content, blake2s(content, digest_size=6).hexdigest()


def table_file(text: str, name: str) -> Response:
    """A table as a CSV file of this name, for whoever asks and nobody else."""
    headers = {
        "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'attachment; filename="{name}.csv"',
    }  # fmt: skip
    return Response(text, headers=headers, media_type="text/csv; charset=utf-8; header=present")
