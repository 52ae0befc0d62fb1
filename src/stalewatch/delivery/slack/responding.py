"""Answers to the address that came with a command: only who typed it sees them, wherever that was.

The address stands in a request that Slack signed, and is used only if it is Slack's: nobody else is told of deals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, build_opener

import msgspec

from stalewatch.delivery.slack.client import CALL_SECONDS
from stalewatch.delivery.slack.errors import UNASKED
from stalewatch.delivery.slack.waiting import retry_after
from stalewatch.delivery.slack.wire import Stay
from stalewatch.sdk.errors import OutcomeUnknown, SlowDown, TargetGone

HOOKS: Final = "https://hooks.slack.com"
_WHERE: Final = "slack response_url"


@dataclass(frozen=True, slots=True)
class Responder:
    """Answers commands of one workspace.

    Attributes:
        base_url: of the Web API; a workspace that is not Slack's own takes answers at the same host.
    """

    base_url: str
    timeout: float = CALL_SECONDS

    def __call__(self, address: str, said: Mapping[str, Any]) -> None:
        """Send an answer, once.

        Raises:
            TargetGone: the address is not Slack's, or takes no answer any more (after half an hour, or five answers).
            SlowDown: Slack asks to wait.
            OutcomeUnknown: it may have arrived.
        """
        if _origin(address) not in (HOOKS, _origin(self.base_url)):
            raise TargetGone("this is no address of Slack's", where=_WHERE)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        request = Request(address, msgspec.json.encode(said), headers)  # noqa: S310  # one of two known origins
        try:
            with build_opener(Stay()).open(request, timeout=self.timeout):
                return
        except HTTPError as error:
            with error:
                raise _refused(error) from None
        except (OSError, HTTPException, ValueError) as error:
            raise OutcomeUnknown("the answer may not have arrived", where=_WHERE) from error


def _origin(address: str) -> str:
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.scheme in ("http", "https") and parts.hostname else ""


def _refused(error: HTTPError) -> TargetGone | SlowDown | OutcomeUnknown:
    if error.code == 429:
        return SlowDown("Slack asks us to wait", after=retry_after(dict(error.headers)) or UNASKED, where=_WHERE)
    if error.code >= 500:
        return OutcomeUnknown(f"Slack failed on the way (HTTP {error.code})", where=_WHERE)
    return TargetGone(f"it takes no answer any more (HTTP {error.code})", where=_WHERE)
