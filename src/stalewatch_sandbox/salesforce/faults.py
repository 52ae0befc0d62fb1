"""The Salesforce cases of the fault catalogue, by id; options change what each does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from stalewatch_sandbox.salesforce.addresses import is_data, is_query, is_query_of, is_write
from stalewatch_sandbox.salesforce.bulk_faults import BulkFaults
from stalewatch_sandbox.salesforce.errors import ApiError
from stalewatch_sandbox.salesforce.scenes import scenes
from stalewatch_sandbox.salesforce.switches import Switches
from stalewatch_sandbox.serving.exchange import Delivery, Request, Response
from stalewatch_sandbox.serving.faults import Catalogue, Fault, any_request

if TYPE_CHECKING:
    from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox

_PAUSE: Final = "<html><body>We are setting things up. Down for maintenance.</body></html>"


def catalogue(sandbox: SalesforceSandbox) -> Catalogue:
    """Every fault of one sandbox. X02 and X03 are about clients alone, and switch nothing."""
    switches, bulk = Switches(sandbox), BulkFaults(sandbox)
    return {
        "SF01": switches.late_commits, "SF02": switches.wrong_clock, "SF04": switches.mass_touch,
        "SF05": switches.cut_children, "SF06": switches.shrinking_pages, "SF08": repeated_page,
        "SF10": switches.query_timeout, "SF11": too_large, "SF12": quota_exhausted, "SF13": too_many_at_once,
        "SF14": switches.shared_quota, "SF15": switches.session_expires, "SF16": session_never_valid,
        "SF17": odd_unauthorised, "SF20": bare_token, "SF21": switches.drifted_login,
        "SF22": switches.nobody_approved, "SF23": odd_edge, "SF24": maintenance,
        "SF25": truncated, "SF26": never_answers, "SF28": switches.hidden_field, "SF29": switches.hidden_field,
        "SF32": switches.vanished, "SF33": switches.late_deletions, "SF37": switches.hidden_object,
        "SF46": switches.no_mails, "SF51": bulk.bulk_lifecycle,
        "SF52": bulk.dirty_results, "SF48": switches.private, "SF53": refused_write, "SF54": row_locked,
        "SF55": lost_answer, "SF57": switches.changed_meanwhile, "SF58": batch_only,
        "read_only": switches.read_only, "X02": Fault, "X03": Fault, "X04": echoed_token,
        "X06": wrong_charset,
        **scenes(sandbox),
    }  # fmt: skip


def _refusal(status: int, code: str, message: str) -> Callable[[Request], Response]:
    return lambda _: ApiError(status, code, message).response()


def repeated_page() -> Fault:
    """A page names itself as the next."""

    def same(request: Request, response: Response) -> Response:
        document = response.value()
        path = request.path
        return Response.json(document | {"done": False, "nextRecordsUrl": path}, weight=1, kind="query")

    return Fault(on=lambda request: is_query(request) and "-" in request.path, afterwards=same, times=1)


def too_large(sobject: str = "Task") -> Fault:
    """A query of activities by a user without View All Data touches too many records."""
    message = "OPERATION_TOO_LARGE: exceeded 100000 distinct who/what's"
    return Fault(on=is_query_of(sobject), instead=_refusal(400, "OPERATION_TOO_LARGE", message))


def quota_exhausted() -> Fault:
    """The calls of the last 24 hours are used up."""
    message = "TotalRequests Limit exceeded."
    return Fault(on=is_data, instead=_refusal(403, "REQUEST_LIMIT_EXCEEDED", message))


def too_many_at_once() -> Fault:
    """Too many long calls are running."""
    message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    return Fault(on=is_data, instead=_refusal(403, "REQUEST_LIMIT_EXCEEDED", message), times=1)


def session_never_valid() -> Fault:
    """Every token is refused, however new."""
    message = "This session is not valid for use with the REST API"
    return Fault(on=is_data, instead=_refusal(401, "INVALID_SESSION_ID", message))


def odd_unauthorised(shape: str = "html") -> Fault:
    """401 with a page, or with an object in place of a list."""
    html = Response.text("<html><body>Unauthorized</body></html>", 401)
    made = html if shape == "html" else Response.json({"error": "x"}, 401)
    return Fault(on=is_data, instead=lambda _: made, times=1)


def bare_token() -> Fault:
    """Token responses say nothing of when the token ends, nor of how to get the next."""

    def bare(_: Request, response: Response) -> Response:
        told = {key: value for key, value in response.value().items() if key not in ("expires_in", "refresh_token")}
        return replace(response, body=Response.json(told).body)

    return Fault(on=lambda request: request.path == "/services/oauth2/token", afterwards=bare)


def batch_only() -> Fault:
    """`/composite/batch` counts each of its requests, `/composite` counts once: whoever uses the former is refused."""
    message = "TotalRequests Limit exceeded."
    on_batch = re.compile(r"/composite/batch/?$")
    return Fault(
        on=lambda request: on_batch.search(request.path) is not None,
        instead=_refusal(403, "REQUEST_LIMIT_EXCEEDED", message),
    )


def odd_edge(status: int = 420, *, empty: bool = False) -> Fault:
    """The edge answers, not the API: 420 or 406, empty or with a page."""
    return Fault(on=is_data, instead=lambda _: Response.text("" if empty else _PAUSE, status), times=1)


def maintenance(status: int = 503) -> Fault:
    """A page says that the site is down, with 503 or even 200."""
    return Fault(on=is_data, instead=lambda _: Response.text(_PAUSE, status), times=1)


def truncated(how: str = "cut") -> Fault:
    """The body ends too early: "cut" and "bad_chunk" on the wire, "json" within a whole response."""

    def shorten(_: Request, response: Response) -> Response:
        if how == "json":
            return replace(response, body=response.body[: len(response.body) * 2 // 3])
        return replace(response, delivery=Delivery(how))

    return Fault(on=is_data, afterwards=shorten, times=1)


def never_answers(how: str = "silence", *, login: bool = False) -> Fault:
    """The connection is accepted, and then nothing, or one byte a second ("drip")."""
    on = any_request if login else is_data
    return Fault(on=on, afterwards=lambda _, response: replace(response, delivery=Delivery(how)))


def refused_write(error: str = "FIELD_CUSTOM_VALIDATION_EXCEPTION", message: str = "Ask your manager.") -> Fault:
    """Every write is refused; INSUFFICIENT_ACCESS_OR_READONLY comes with 403, everything else with 400."""
    status = 403 if error == "INSUFFICIENT_ACCESS_OR_READONLY" else 400
    return Fault(on=is_write, instead=_refusal(status, error, message))


def row_locked() -> Fault:
    """Somebody else is writing the same record."""
    message = "unable to obtain exclusive access to this record"
    return Fault(on=is_write, instead=_refusal(400, "UNABLE_TO_LOCK_ROW", message), times=2)


def lost_answer() -> Fault:
    """A record is created, and the connection is reset before anybody hears of it."""
    return Fault(
        on=lambda request: request.method == "POST" and "/sobjects/" in request.path,
        afterwards=lambda _, response: replace(response, delivery=Delivery.RESET),
        times=1,
    )


def echoed_token() -> Fault:
    """The error repeats the credential of the request."""

    def echo(request: Request) -> Response:
        return ApiError(400, "UNKNOWN_EXCEPTION", f"bad request: {request.header('authorization')}").response()

    return Fault(on=is_data, instead=echo, times=1)


def wrong_charset() -> Fault:
    """UTF-8 that says it is Latin-1."""
    return Fault(
        on=is_data,
        afterwards=lambda _, response: response.with_headers(Content_Type="application/json;charset=ISO-8859-1"),
    )
