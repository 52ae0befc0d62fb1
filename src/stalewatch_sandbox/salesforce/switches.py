"""Faults that change the org itself, or how it answers, for as long as they are armed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from stalewatch_sandbox.salesforce.addresses import is_data, is_query_of, is_write_of
from stalewatch_sandbox.salesforce.errors import ApiError, session_invalid
from stalewatch_sandbox.salesforce.limits import Form
from stalewatch_sandbox.salesforce.table import Row
from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.faults import Fault

if TYPE_CHECKING:
    from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox

_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_ID_BOUND: Final = re.compile(r"\bId (>|<=) '(\w+)'")


class Switches:
    """Makes those faults for one sandbox."""

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

    def query_timeout(self, sobject: str = "Opportunity", days: float = 7, rows: int = 5_000) -> Fault:
        """Queries that look over more than so many days, or that no time bounds over more than so many rows, take too
        long; one that counts, or wants a single row or rows by their ids, is answered from an index."""
        of_object, org, most = is_query_of(sobject), self._sandbox.org, timedelta(days=days)

        def is_long(request: Request) -> bool:
            query = request.parameter("q") or ""
            if not of_object(request) or query.endswith("LIMIT 1") or "COUNT()" in query or "Id IN (" in query:
                return False
            if times := sorted(map(datetime.fromisoformat, _STAMP.findall(query))):
                newest: datetime = times[-1] if len(times) > 1 else org.clock.now()
                return newest - times[0] > most
            bounds: dict[str, str] = dict(_ID_BOUND.findall(query))
            low, high = bounds.get(">", ""), bounds.get("<=", "~")
            there = [id_ for id_ in org.tables[sobject].rows if low < id_ <= high]
            return len(there) > rows

        error = ApiError(400, "QUERY_TIMEOUT", "Your query request was running for too long.")
        return Fault(on=is_long, instead=lambda _: error.response())

    def shared_quota(self, used: int = 81_000, daily: int = 100_000, form: str = Form.PLAIN) -> Fault:
        """Others have used most of the quota; the header comes in one of its forms."""
        limits = self._sandbox.application.limits

        def switch() -> Callable[[], None]:
            before = limits.others, limits.daily, limits.form
            limits.others, limits.daily, limits.form = used, daily, Form(form)

            def back() -> None:
                limits.others, limits.daily, limits.form = before

            return back

        return Fault(on=_never, switch=switch)

    def session_expires(self) -> Fault:
        """Every session ends before this call; a new login works."""

        def expire(_: Request) -> Response:
            self._sandbox.logins.expire()
            return session_invalid().response()

        return Fault(on=is_data, instead=expire, times=1)

    def hidden_field(self, sobject: str = "Opportunity", field: str = "NextStep") -> Fault:
        """A field is taken away from the integration user, or deleted."""

        def switch() -> Callable[[], None]:
            org = self._sandbox.org
            if org.schema.known(sobject).field(field) is None:
                return _nothing  # it is hidden already, and comes back with what hid it
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

    def read_only(self, sobject: str = "Opportunity") -> Fault:
        """The integration user may read an object, and not write it."""

        def switch() -> Callable[[], None]:
            schema, known = self._sandbox.org.schema, self._sandbox.org.schema.known(sobject)

            def lock(is_locked: bool) -> None:
                known.is_locked, schema.changed_at = is_locked, self._sandbox.org.clock.now()

            lock(True)
            return lambda: lock(False)

        message = "insufficient access rights on object id"
        refused = ApiError(403, "INSUFFICIENT_ACCESS_OR_READONLY", message, [])
        return Fault(on=is_write_of(sobject), instead=lambda _: refused.response(), switch=switch)

    def changed_meanwhile(self, field: str = "NextStep", value: str = "Changed by a colleague") -> Fault:
        """A colleague changes an opportunity in the very moment before a client does."""

        def answer(request: Request) -> Response:
            org = self._sandbox.org
            org.update(request.path.rstrip("/").rpartition("/")[2], {field: value}, by=org.somebody())
            return self._sandbox.application.handle(request)

        def is_change(request: Request) -> bool:
            return request.method == "PATCH" and is_write_of("Opportunity")(request)

        return Fault(on=is_change, instead=answer, times=1)

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

        def is_mail(name: str, row: Row) -> bool:
            return name == "EmailMessage" or (name == "Task" and row.get("TaskSubtype") == "Email")

        org = self._sandbox.org
        return _setting(org, "blind_to", (*org.blind_to, is_mail))

    def nobody_approved(self) -> Fault:
        """No user is pre-authorised for the JWT flow any more."""
        return _setting(self._sandbox.app, "approved", set())

    def drifted_login(self, minutes: float = 9) -> Fault:
        """The clock by which assertions are judged, and that of the Date header, is so far ahead of ours."""
        drift = timedelta(minutes=minutes)
        logins, clock = self._sandbox.logins, self._sandbox.clock

        def switch() -> Callable[[], None]:
            before = logins.skew, clock.skew
            logins.skew = clock.skew = drift

            def back() -> None:
                logins.skew, clock.skew = before

            return back

        return Fault(on=_never, switch=switch)

    def late_deletions(self, hours: float = 3) -> Fault:
        """The lists of deleted records are complete only up to so long ago."""
        return _setting(self._sandbox.application.replication, "lag", timedelta(hours=hours))

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
