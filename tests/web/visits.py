"""Browsers without a script that visit an application."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.web.dom import Element, parse
from tests.web.office import Office

ACCEPTS = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HOME = "http://localhost:8080"


@dataclass
class Visitor:
    """A browser with its cookies; every visit is asked as browsers ask."""

    office: Office
    language: str = "en"
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def asks(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        told = {"Accept": ACCEPTS, "Accept-Language": self.language, **self.headers, **(headers or {})}
        if self.cookies:
            told["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.office.asks(method, path, headers=told, **more)
        for name, value in answer.cookies.items():
            self.cookies[name] = value
        return answer

    def page(self, path: str, status: int = 200, **asked: str) -> Element:
        answer = self.asks("GET", path, params=asked or None)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:500])
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        return parse(answer.text)

    def posts(self, path: str, headers: dict[str, str] | None = None, **form: str) -> httpx.Response:
        """A form of a page of ours is sent."""
        from_us = {"Origin": HOME, "Sec-Fetch-Site": "same-origin"} if headers is None else headers
        return self.asks("POST", path, headers=from_us, data=form)

    def mark(self, path: str = "/") -> str:
        """What the forms of this browser's pages prove with that they are ours."""
        [shown, *_] = self.page(path).all("input", name="csrf")
        return str(shown.attributes["value"])

    def signs_in(self, token: str, **form: str) -> httpx.Response:
        return self.posts("/sign-in", token=token, **form)


def rows(page: Element) -> list[Element]:
    """The rows of a list."""
    return [one for one in page.all("tr") if "data-row" in one.attributes]


def names(page: Element) -> list[str]:
    """The names on a list, in order."""
    return [row.one("th").all("a")[0].text for row in rows(page)]
