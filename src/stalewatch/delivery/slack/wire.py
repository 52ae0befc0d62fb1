"""slack_sdk's client over a connection that follows no redirect: the token goes to the host that was configured."""

from __future__ import annotations

from typing import Any
from urllib.request import HTTPRedirectHandler, Request, build_opener

from slack_sdk import WebClient


class Stay(HTTPRedirectHandler):
    """urllib would repeat a request, token included, at any address that an answer names."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow none; the answer with status 3xx is the answer."""


class Wire(WebClient):
    """`WebClient` as published, but for the one method that opens the connection."""

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        with build_opener(Stay()).open(req, timeout=self.timeout) as answer:
            charset = answer.headers.get_content_charset() or "utf-8"
            return {"status": answer.status, "headers": answer.headers, "body": answer.read().decode(charset)}
