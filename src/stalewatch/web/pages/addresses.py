"""Addresses of pages: every filter, the sorting and the language live in the URL, and links keep them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from fastapi import Request

_OURS: Final = re.compile(r"/(?![/\\])[!-\[\]-~]{0,1999}")
"""A path on this host: one slash, then printable ASCII without a backslash."""


@dataclass(frozen=True, slots=True)
class Address:
    """A page with its parameters."""

    path: str
    asked: Mapping[str, str]

    @classmethod
    def of(cls, request: Request) -> Address:
        """Where this request went; parameters without a value were not given."""
        return cls(request.url.path, {name: value for name, value in request.query_params.items() if value})

    def but(self, path: str | None = None, /, **changes: str | None) -> str:
        """The same address with some parameters set, or left out (None). A change begins at the first page."""
        asked = {name: value for name, value in self.asked.items() if name != "next"} | changes
        given = urlencode({name: value for name, value in asked.items() if value is not None})
        return f"{quote(path or self.path, safe='/:')}{'?' if given else ''}{given}"

    def to(self, path: str, **asked: str | None) -> str:
        """Another page, in the language of this one."""
        return Address(path, {name: self.asked[name] for name in ("lang",) if name in self.asked}).but(**asked)


def of_record(obj: str, record: str) -> str:
    """The path of a record's page."""
    return f"/{'leads' if obj == 'lead' else 'deals'}/{record}"


def ours(text: str) -> str:
    """The address if it is a path of this dashboard, else "/": nobody is sent elsewhere (security, S6)."""
    return text if _OURS.fullmatch(text) else "/"
