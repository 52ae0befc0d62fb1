"""The Salesforce cases of the fault catalogue, by id; options change what each does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from stalewatch_sandbox.salesforce.errors import ApiError
from stalewatch_sandbox.salesforce.limits import Form
from stalewatch_sandbox.serving.exchange import Delivery, Request, Response
from stalewatch_sandbox.serving.faults import Catalogue, Fault, any_request

if TYPE_CHECKING:
    from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox

_QUERIES: Final = re.compile(r"/services/data/v[\d.]+/query(All)?(/|$)")
_PAUSE: Final = "<html><body>We are setting things up. Down for maintenance.</body></html>"


def is_data(request: Request) -> bool:
    """A call of the REST API, not of the token endpoint and not inside of another call."""
    return request.inside is None and request.path.startswith("/services/data/")


def is_query(request: Request) -> bool:
    """A query or a further page of one, also inside of a composite."""
    return bool(_QUERIES.match(request.path))


def is_query_of(name: str) -> Callable[[Request], bool]:
    """A new query of one object, also inside of a composite."""
    source = re.compile(rf"\bFROM\s+{name}\b", re.IGNORECASE)
    return lambda request: is_query(request) and bool(source.search(request.parameter("q") or ""))


def catalogue(sandbox: SalesforceSandbox) -> Catalogue:
    """Every fault of one sandbox."""
    switches = _Switches(sandbox)
    return {
        "SF01": switches.late_commits, "SF02": switches.wrong_clock, "SF04": switches.mass_touch,
        "SF05": switches.cut_children, "SF06": switches.shrinking_pages, "SF08": repeated_page,
        "SF10": query_timeout, "SF11": too_large, "SF12": quota_exhausted, "SF13": too_many_at_once,
        "SF14": switches.shared_quota, "SF15": switches.session_expires, "SF16": session_never_valid,
        "SF17": odd_unauthorised, "SF23": odd_edge, "SF24": maintenance, "SF25": truncated, "SF26": never_answers,
        "SF28": switches.hidden_field, "SF29": switches.hidden_field, "SF32": switches.vanished,
        "SF37": switches.hidden_object, "SF46": switches.no_mails, "SF48": switches.private,
        "SF54": row_locked, "SF55": lost_answer, "X04": echoed_token, "X06": wrong_charset,
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


def query_timeout(sobject: str = "Opportunity", **limit: float) -> Fault:
    """Queries over a window longer than so many days take too long."""
    of_object, most = is_query_of(sobject), timedelta(days=limit.get("days", 7))
    stamps = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)")

    def is_long(request: Request) -> bool:
        if not of_object(request):
            return False
        times = sorted(map(datetime.fromisoformat, stamps.findall(request.parameter("q") or "")))
        return len(times) < 2 or times[-1] - times[0] > most

    return Fault(on=is_long, instead=_refusal(400, "QUERY_TIMEOUT", "Your query request was running for too long."))


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


def row_locked() -> Fault:
    """Somebody else is writing the same record."""
    message = "unable to obtain exclusive access to this record"
    on = _is_write
    return Fault(on=on, instead=_refusal(400, "UNABLE_TO_LOCK_ROW", message), times=2)


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


def _is_write(request: Request) -> bool:
    return request.method in ("PATCH", "POST") and "/sobjects/" in request.path


class _Switches:
    """Faults that change the org itself, or how it answers, for as long as they are armed."""

    def __init__(self, sandbox: SalesforceSandbox) -> None:
        self._sandbox = sandbox

    def late_commits(self, seconds: float = 240) -> Fault:
        """Edits become visible only so long after the moment that is stamped on them."""
        org = self._sandbox.org
        return _setting(org, "commit_delay", timedelta(seconds=seconds))

    def wrong_clock(self, minutes: float = 9) -> Fault:
        """The Date header is so far ahead (behind, if negative) of the time on the records."""
        return _setting(self._sandbox.clock, "skew", timedelta(minutes=minutes))

    def mass_touch(self, sobject: str = "Opportunity") -> Fault:
        """Every record of an object gets one and the same SystemModstamp."""

        def touch() -> Callable[[], None]:
            org = self._sandbox.org
            with org.lock:
                for id_ in list(org.tables[sobject].rows):
                    org.touch(id_)
            return _nothing

        return Fault(on=_never, switch=touch)

    def cut_children(self, size: int = 2) -> Fault:
        """Lists of children inside of a record are cut after so many."""
        return _setting(self._sandbox.application.queries, "children_size", size)

    def shrinking_pages(self, sizes: tuple[int, ...] | list[int] = (2000, 731, 200)) -> Fault:
        """Pages become smaller as one goes on; the last size stays."""
        starts = [sum(sizes[:number]) for number in range(len(sizes))]

        def size(wished: int, offset: int) -> int:
            return min(wished, sizes[max(number for number, start in enumerate(starts) if start <= offset)])

        return _setting(self._sandbox.application.queries, "page_size", size)

    def shared_quota(self, used: int = 81_000, daily: int = 100_000, form: str = Form.PLAIN) -> Fault:
        """Others have used most of the quota; the header comes in one of its forms."""
        limits = self._sandbox.application.limits

        def switch() -> Callable[[], None]:
            before = limits.used, limits.daily, limits.form
            limits.used, limits.daily, limits.form = used, daily, Form(form)

            def back() -> None:
                limits.used, limits.daily, limits.form = before

            return back

        return Fault(on=_never, switch=switch)

    def session_expires(self) -> Fault:
        """Every session ends before this call; a new login works."""

        def expire(_: Request) -> Response:
            self._sandbox.logins.expire()
            return ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid").response()

        return Fault(on=is_data, instead=expire, times=1)

    def hidden_field(self, sobject: str = "Opportunity", field: str = "NextStep") -> Fault:
        """A field is taken away from the integration user, or deleted."""

        def switch() -> Callable[[], None]:
            org = self._sandbox.org
            gone = org.schema.drop_field(sobject, field, org.clock.now())
            return lambda: org.schema.add_field(sobject, gone, org.clock.now())

        return Fault(on=_never, switch=switch)

    def hidden_object(self, sobject: str = "OpportunityHistory") -> Fault:
        """An object is not there for the integration user."""

        def switch() -> Callable[[], None]:
            org = self._sandbox.org
            gone = org.schema.drop_object(sobject, org.clock.now())
            return lambda: org.schema.put_object(gone, org.clock.now())

        return Fault(on=_never, switch=switch)

    def vanished(self, ids: list[str] | None = None, share: float = 0.0) -> Fault:
        """Records are not there any more and nothing says so: these ids, or a share of the open opportunities."""

        def switch() -> Callable[[], None]:
            org = self._sandbox.org
            opportunities = [row["Id"] for row in org.tables["Opportunity"] if not row["IsClosed"]]
            gone = set(ids or ()) | set(opportunities[: round(share * len(opportunities))])
            org.hidden |= gone
            return lambda: org.hidden.difference_update(gone)

        return Fault(on=_never, switch=switch)

    def no_mails(self) -> Fault:
        """Einstein Activity Capture keeps mails elsewhere: no EmailMessage, and no task made of one, is a record."""

        def switch() -> Callable[[], None]:
            org = self._sandbox.org
            tasks = (row["Id"] for row in org.tables["Task"] if row.get("TaskSubtype") == "Email")
            gone = {*org.tables["EmailMessage"].rows, *tasks}
            org.hidden |= gone
            return lambda: org.hidden.difference_update(gone)

        return Fault(on=_never, switch=switch)

    def private(self) -> Fault:
        """The integration user has no View All Data, so private events of others are not there for it."""
        return _setting(self._sandbox.org, "sees_all", False)


def _setting(owner: Any, name: str, value: Any) -> Fault:
    """An attribute has another value while the fault is armed."""

    def switch() -> Callable[[], None]:
        before = getattr(owner, name)
        setattr(owner, name, value)
        return lambda: setattr(owner, name, before)

    return Fault(on=_never, switch=switch)


def _never(_: Request) -> bool:
    return False


def _nothing() -> None:
    """There is no way back."""
