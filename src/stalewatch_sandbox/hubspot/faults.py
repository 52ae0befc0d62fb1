"""The faults of a HubSpot portal by the ids of their cases.

Cases that are HubSpot's ordinary manners (its limits, late links) need nothing switched; they are listed too, so that
every id can be armed. Lower-case names are ways in which any answer can fail to arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from stalewatch_sandbox.hubspot.api import HubSpotApi
from stalewatch_sandbox.hubspot.errors import Refused, item_error, rate_limited, refusal
from stalewatch_sandbox.hubspot.faults_in_answers import AnswerFaults
from stalewatch_sandbox.hubspot.faults_in_data import DataFaults
from stalewatch_sandbox.hubspot.faults_in_search import SearchFaults, is_search
from stalewatch_sandbox.hubspot.faults_in_writes import WriteFaults
from stalewatch_sandbox.hubspot.paths import place
from stalewatch_sandbox.serving.exchange import Delivery, Request, Response
from stalewatch_sandbox.serving.faults import Catalogue, Fault

_UNUSUAL: Final = (423, 477, 502, 503, 504, 521, 522, 523, 524, 530)
_ORDINARY: Final = ("HS09", "HS12", "HS13", "X02", "X03")
_PAGE: Final = "<html><head><title>HubSpot</title></head><body><h1>We'll be right back</h1></body></html>"


def catalogue(api: HubSpotApi) -> Catalogue:
    """Every fault that can be armed against this portal."""
    ordinary: dict[str, Callable[..., Fault]] = dict.fromkeys(_ORDINARY, Fault)
    return {
        **ordinary,
        **DataFaults(api.portal).catalogue(),
        **SearchFaults(api).catalogue(),
        **AnswerFaults(api).catalogue(),
        **_Refusals(api).catalogue(),
        **_Permissions(api).catalogue(),
        **WriteFaults(api).catalogue(),
        **_TRANSPORT,
    }


class _Refusals:
    """429, 5xx and the like; each method makes the fault of its case."""

    def __init__(self, api: HubSpotApi) -> None:
        self._api = api

    def catalogue(self) -> Catalogue:
        return {
            "HS10": self.multi_status, "HS14": self.ten_secondly, "HS15": self.secondly, "HS16": self.daily,
            "HS18": self.unusual, "X04": self.echoing,
        }  # fmt: skip

    def multi_status(self, category: str = "OBJECT_NOT_FOUND") -> Fault:
        """HS10: the last two of a batch of associations are errors."""
        return Fault(
            on=lambda request: place(request.path)[:1] == ("associations",),
            afterwards=lambda _, response: _partial(response, category),
            times=1,
        )

    def ten_secondly(self, times: int = 1) -> Fault:
        """HS14: the burst limit, without Retry-After."""
        refused = rate_limited("TEN_SECONDLY_ROLLING", "ten_secondly_rolling")
        return Fault(on=lambda request: not is_search(request), instead=lambda _: _answered(refused), times=times)

    def secondly(self, times: int = 1) -> Fault:
        """HS15: the limit of searches."""
        return Fault(on=is_search, instead=lambda _: _answered(rate_limited("SECONDLY", "secondly")), times=times)

    def daily(self) -> Fault:
        """HS16: the day's calls are spent; at midnight in the portal's zone they come back."""

        def switch() -> Callable[[], None]:
            self._api.limits.spend_day()
            return self._api.limits.renew_day

        return Fault(switch=switch)

    def unusual(self, codes: Sequence[int] = _UNUSUAL) -> Fault:
        """HS18: each of these codes once."""
        left = list(codes)
        return Fault(instead=lambda _: _coded(left.pop(0)), times=len(left))

    def echoing(self) -> Fault:
        """X04: the error repeats the credentials of the request."""

        def echo(request: Request) -> Response:
            said = request.header("authorization") or ""
            address = f"{request.path}?access_token={said.partition(' ')[2]}"
            return _answered(refusal(500, "INTERNAL_ERROR", f"Authorization: {said} ({address})"))

        return Fault(instead=echo, times=1)


class _Permissions:
    """Tokens that are worth less than before; each method makes the fault of its case."""

    def __init__(self, api: HubSpotApi) -> None:
        self._api = api

    def catalogue(self) -> Catalogue:
        return {"HS22": self.expired, "HS23": self.unscoped, "HS24": self.unreadable_mails}

    def expired(self) -> Fault:
        """HS22: in the middle of things the token's thirty minutes are over."""

        def expire(request: Request) -> Response:
            self._api.credentials.expire((request.header("authorization") or "").partition(" ")[2])
            said = "The OAuth token used to make this call expired 0 minute(s) ago."
            return _answered(refusal(401, "EXPIRED_AUTHENTICATION", said))

        return Fault(on=lambda request: place(request.path)[:1] != ("oauth",), instead=expire, times=1)

    def unscoped(self, scope: str = "crm.objects.leads.read") -> Fault:
        """HS23: the app was not granted a scope."""
        return Fault(switch=lambda: self._without(scope))

    def unreadable_mails(self, blank: bool = False) -> Fault:
        """HS24: mails cannot be read: refused, or shown with blanks."""

        def switch() -> Callable[[], None]:
            undo, before = self._without("sales-email-read"), self._api.hides_emails
            self._api.hides_emails = blank

            def back() -> None:
                self._api.hides_emails = before
                undo()

            return back

        return Fault(on=lambda request: place(request.path)[:2] == ("objects", "emails"), switch=switch)

    def _without(self, scope: str) -> Callable[[], None]:
        credentials = self._api.credentials
        granted = [grant.scopes for grant in credentials.grants] + [app.scopes for app in credentials.apps]
        losers = [scopes for scopes in granted if scope in scopes]
        for scopes in losers:
            scopes.discard(scope)

        def back() -> None:
            for scopes in losers:
                scopes.add(scope)

        return back


def _answered(refused: Refused) -> Response:
    """A refusal as a response that counts as a call."""
    return replace(Response.json(refused.body, refused.status), weight=1, kind="refused")


def _coded(code: int) -> Response:
    """What stands behind HubSpot's edge speaks JSON, the edge itself HTML."""
    if code == 423:
        return _answered(refusal(423, "LOCKED", "The resource is locked by another operation"))
    if code == 477:
        moving = _answered(refusal(477, "MIGRATION_IN_PROGRESS", "This account is being moved"))
        return moving.with_headers(Retry_After="86400")
    page = Response.text(f"<html><body><center><h1>{code}</h1></center>cloudflare</body></html>", code)
    return replace(page, weight=1, kind="refused")


def _partial(response: Response, category: str) -> Response:
    if response.status not in (200, 207):
        return response
    body: dict[str, Any] = response.value()
    lost, body["results"] = body["results"][-2:], body["results"][:-2]
    said = "Something went wrong for this object"
    errors = [item_error(category, said, {"fromObjectId": [one["from"]["id"]]}) for one in lost]
    body["errors"] = [*body.get("errors", []), *errors]
    body["numErrors"] = len(body["errors"])
    return replace(Response.json(body, 207), weight=response.weight, kind=response.kind)


def _delivered(delivery: Delivery) -> Callable[..., Fault]:
    def fault(times: int | None = 1) -> Fault:
        return Fault(afterwards=lambda _, response: replace(response, delivery=delivery), times=times)

    return fault


def _page(status: int = 200, times: int | None = 1) -> Fault:
    """A page for people in place of an answer."""
    return Fault(instead=lambda _: replace(Response.text(_PAGE, status), weight=1, kind="refused"), times=times)


def _mislabelled() -> Fault:
    """X06: the body is UTF-8, whatever the header says."""
    wrong = "application/json;charset=ISO-8859-1"
    return Fault(afterwards=lambda _, response: response.with_headers(Content_Type=wrong))


_TRANSPORT: Final[Catalogue] = {
    "X06": _mislabelled,
    "html": _page,
    "silent": _delivered(Delivery.SILENCE),
    "drip": _delivered(Delivery.DRIP),
    "cut": _delivered(Delivery.CUT),
    "bad_chunk": _delivered(Delivery.BAD_CHUNK),
    "reset": _delivered(Delivery.RESET),
}
