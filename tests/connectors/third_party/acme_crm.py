"""A connector for Acme CRM as a stranger would write it: one module, one entry point, and the plugin surface."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import httpx

from stalewatch.sdk import errors
from stalewatch.sdk.connector import ConnectionSettings, Connector, Cursor, Description, FieldInfo, Finding, Level, Page
from stalewatch.sdk.network import Deadline, GuardedBackend, GuardedTransport, PrivateAddress, guarded_client
from stalewatch.sdk.records import Activity, ActivityKind, Actor, Deal, Outcome, Person, Rejected
from stalewatch.sdk.writing import Change, Fields, Kind, Note, Writable, Writing, Written, marked, marker

T = TypeVar("T")
Json = dict[str, Any]
HOSTS = frozenset({"api.acme.example"})
OPTIONS = {"token", "base_url", "allow_custom_host", "writeback"}
PAGE, PATIENCE, OVERLAP = "200", 60.0, timedelta(minutes=10)
FED = {"name": "text", "stage": "choice", "created_at": "datetime", "owner": "person", "is_open": "bool"}
FED |= {"amount": "money", "close_date": "date", "next_step": "text"}
EVIDENCE = {"last_customer_activity_at": "datetime", "last_seller_activity_at": "datetime"}


class Api:
    """Acme over HTTP: what it answers, or what went wrong as an error that says what to do."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._base, self._token = options.get("base_url", "https://api.acme.example"), options["token"]
        self._deadline = Deadline(time.monotonic)
        inside = options.get("allow_custom_host") is True
        wire = GuardedTransport(GuardedBackend(self._deadline, allow_private=inside), connections=1)
        self._client = guarded_client(wire, connect=5.0, read=30.0)

    def ask(self, method: str, path: str, *, writes: bool = False, **more: Any) -> Json:
        """One request; `writes` if it may have had an effect even though its answer was lost."""
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            with self._deadline.until(time.monotonic() + PATIENCE):
                answer = self._client.request(method, self._base + path, headers=headers, **more)
        except httpx.HTTPError as error:
            sent = writes and not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | PrivateAddress)
            kind = errors.WriteUnknown if sent else errors.TryLater
            raise kind(f"Acme cannot be reached: {type(error).__name__}", where=path) from error
        return _said(answer, path, writes=writes)

    def rows(self, path: str, name: str, **params: str) -> tuple[list[Json], bool]:
        """A list, and whether more follows. An answer without one is a fault, never "there is nothing"."""
        told = self.ask("GET", path, params=params)
        rows, more = told.get(name), bool(told.get("more"))
        if not isinstance(rows, list) or not all(isinstance(row, dict) and "id" in row for row in rows):
            raise errors.TryLater(f"Acme answered without {name}", where=path)
        return rows, more and bool(rows)

    def me(self) -> Json:
        """Whom the token stands for: its scopes, and Acme's own time."""
        told = self.ask("GET", "/me")
        if not isinstance(told.get("scopes"), list) or not isinstance(told.get("now"), str):
            raise errors.TryLater("Acme answered without scopes", where="/me")
        return told


def _said(answer: httpx.Response, path: str, *, writes: bool) -> Json:
    try:
        told = answer.json()
    except ValueError:
        told = None
    status, said = answer.status_code, told if isinstance(told, dict) else {}
    words = str(said.get("error", f"Acme answered {status}"))
    if status in (401, 403):
        cure = "Make a token under Acme → Settings → API, and put it into token."
        raise errors.NeedsReconnect(words, where=path, cure=cure)
    if status == 409:
        there = {name: said["deal"][name] for name in ("next_step", "close_date")}
        raise errors.Conflict(words, now=there, version=_moment(said["deal"]["updated_at"]), where=path)
    if writes and status >= 500:
        raise errors.WriteUnknown(words, where=path)
    if status == 429 or status >= 500 or (status < 300 and not isinstance(told, dict)):
        wait = answer.headers.get("Retry-After", "")
        raise errors.TryLater(words, where=path, after=timedelta(seconds=int(wait) if wait.isdigit() else 10))
    if status >= 300:
        raise errors.Refused(words, where=path, fields=said.get("fields", ()))
    return said


class Acme(Connector):
    """Reads deals, their owners, and who called or wrote; writes next steps, close dates and notes."""

    type = "acme"
    timeout_seconds = PATIENCE

    def __init__(self, settings: ConnectionSettings) -> None:
        unknown = settings.options.keys() - OPTIONS
        if unknown or not settings.options.get("token"):
            what = f"unknown key {min(unknown)}" if unknown else "token is missing"
            raise errors.ConfigurationError(what, where=settings.id, cure=f"Known are {', '.join(sorted(OPTIONS))}.")
        self._settings, self._api = settings, Api(settings.options)

    def describe(self) -> Description:
        """What is fed. A token that may not read activities cannot tell who acted last: not known is not "nobody"."""
        scopes = self._api.me()["scopes"]
        sees = "activities.read" in scopes
        fed = FED | EVIDENCE if sees else FED
        return Description(
            fields={"deal": [FieldInfo(ours=name, theirs=name, type=kind) for name, kind in fed.items()]},
            missing={} if sees else {"deal": {name: ["activities.read"] for name in EVIDENCE}},
            writing={} if self._settings.options.get("writeback", "none") == "none" else {"deal": _writing(scopes)},
        )

    def check(self) -> list[Finding]:
        """What `stalewatch doctor` prints. Never raises."""
        try:
            scopes = self._api.me()["scopes"]
        except errors.ConnectorError as error:
            return [Finding(subject="login", level=Level.ERROR, message=error.what, cure=error.cure)]
        found = [Finding(subject="login", level=Level.OK, message=f"scopes: {', '.join(scopes)}")]
        if "activities.read" not in scopes:
            lacks, cure = "the token cannot read activities", "Give the token the scope activities.read."
            found.append(Finding(subject="activities", level=Level.WARNING, message=lacks, cure=cure))
        return found

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        """Everything that changed between two moments of Acme's clock, by ascending id, one page after the other."""
        me = self._api.me()
        place = _place({} if full or cursor is None else cursor, now=me["now"])
        is_whole = place["since"] is None and not place["after"]
        while place["after"] is not None:
            given = {name: value for name, value in place.items() if value}
            rows, more = self._api.rows("/deals", "deals", limit=PAGE, **given)
            place |= {"after": rows[-1]["id"] if more else None}
            rejected: list[Rejected] = []
            there = [row for row in rows if not row.get("deleted")]
            deals = _usable(there, self._deal, rejected)
            acts: list[Json] = []
            if deals and "activities.read" in me["scopes"]:
                acts, _ = self._api.rows("/activities", "activities", deals=",".join(deal.id for deal in deals))
            is_whole = is_whole and not rejected
            yield Page(
                cursor=dict(place),
                deals=deals,
                people=_usable((row["owner"] for row in there if row.get("owner")), _person, rejected),
                activities=_usable(acts, _activity, rejected),
                gone=[row["id"] for row in rows if row.get("deleted")],
                rejected=rejected,
                complete=is_whole and not more,
            )

    def write_back(self, change: Change) -> Written:
        """One request. Acme itself compares `unless_changed_since`, and answers 409 with what stands there now."""
        path, wish = f"/deals/{change.record}", change.wish
        if isinstance(wish, Fields):
            fields = {name: str(value) for name, value in wish.given.items()}
            seen = change.seen_version.isoformat() if change.seen_version else None
            told = self._api.ask("PATCH", path, writes=True, json={"fields": fields, "unless_changed_since": seen})
            return Written(version=_moment(told["deal"]["updated_at"]), ref=change.record, after=fields)
        if isinstance(wish, Note):
            text = {"text": f"{wish.text}\n{marker(change.id)}"}
            return Written(version=None, ref=self._api.ask("POST", f"{path}/notes", writes=True, json=text)["id"])
        raise errors.Refused("Acme takes fields and notes only", where=change.record)

    def written(self, change: Change) -> Written | None:
        """A note is found by its marker; fields arrived if they stand there."""
        path, wish = f"/deals/{change.record}", change.wish
        if isinstance(wish, Fields):
            deal = self._api.ask("GET", path)["deal"]
            arrived = all(deal.get(name) == str(value) for name, value in wish.given.items())
            return Written(version=_moment(deal["updated_at"]), ref=change.record) if arrived else None
        notes, _ = self._api.rows(f"{path}/notes", "notes")
        return next((Written(version=None, ref=one["id"]) for one in notes if marked(one["text"]) == change.id), None)

    def _deal(self, row: Json) -> Deal:
        amount = None if row["amount"] is None else Decimal(row["amount"])
        return Deal(
            id=row["id"], name=row["name"], outcome=Outcome(row["status"]), stage=row["stage"],
            owner=row["owner"]["id"] if row["owner"] else None,
            amount=amount, currency=row["currency"],
            amount_in_project_currency=amount if row["currency"] == self._settings.currency else None,
            close_date=date.fromisoformat(row["close_date"]) if row["close_date"] else None,
            created_at=_moment(row["created_at"]), modified_at=_moment(row["updated_at"]),
            fields={"next_step": row["next_step"]},
        )  # fmt: skip


def _place(cursor: Cursor, now: str) -> Json:
    """Where to go on: in the window that was left, or in the next one, which goes back a little behind the last."""
    if cursor and cursor.keys() != {"since", "until", "after"}:
        raise errors.BadCursor("this is no cursor of ours")
    if cursor and cursor["after"] is not None:
        return dict(cursor)
    since = (_moment(cursor["until"]) - OVERLAP).isoformat() if cursor else None
    return {"since": since, "until": now, "after": ""}


def _usable(rows: Iterable[Json], make: Callable[[Json], T], rejected: list[Rejected]) -> list[T]:
    """What could be made of the rows; the others are rejected one by one, and never stop their page."""
    made = []
    for row in rows:
        try:
            made.append(make(row))
        except (AttributeError, KeyError, TypeError, ValueError, InvalidOperation) as error:
            ref = str(row.get("id") if isinstance(row, dict) else row)[:80]
            rejected.append(
                Rejected(ref=ref, reason=f"unreadable{make.__name__.replace('_', ' ')}", detail=repr(error))
            )
    return made


def _person(row: Json) -> Person:
    return Person(id=row["id"], name=row["name"], email=row["email"])


def _activity(row: Json) -> Activity:
    actor = Actor.CUSTOMER if row["by"] == "customer" else Actor.SELLER
    kind = ActivityKind(row["type"])
    return Activity(id=row["id"], kind=kind, actor=actor, at=_moment(row["at"]), records=(row["deal"],))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _writing(scopes: list[str]) -> Writing:
    if "deals.write" not in scopes:
        return Writing(missing=dict.fromkeys((Kind.FIELDS, Kind.NOTE), "deals.write"))
    fields = [Writable(ours=name, theirs=name) for name in ("next_step", "close_date")]
    return Writing(kinds=frozenset({Kind.FIELDS, Kind.NOTE}), fields=fields)


def connect(settings: ConnectionSettings) -> Connector:
    """The entry point."""
    return Acme(settings)
