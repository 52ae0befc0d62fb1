"""What the operator is to hear: plain facts, one kind each. Their words are in operators.py."""

from __future__ import annotations

from dataclasses import dataclass

from stalewatch.domain.language.model import Words


@dataclass(frozen=True, slots=True)
class StormHeld:
    """The storm guard holds notices until somebody looks: so many of so many judged open records."""

    notices: int
    judged: int


@dataclass(frozen=True, slots=True)
class ConnectionFailed:
    """A connection could not be read since `since` (µs); `what` and `cure` are the error's own words."""

    connection: str
    what: str
    cure: str = ""
    since: int | None = None


@dataclass(frozen=True, slots=True)
class NothingJudged:
    """No deadline of a connection was looked at since `since` (µs).

    `data_at` (µs) is when its data was read, if that is what is too old; None: it is not the data.
    """

    connection: str
    since: int
    data_at: int | None = None


@dataclass(frozen=True, slots=True)
class CannotJudge:
    """Rules that say nothing about these records, because fields cannot be read on a connection.

    `scopes` are those for want of which they cannot, as far as the connection names any.
    """

    connection: str
    fields: tuple[Words, ...]
    rules: tuple[Words, ...]
    records: int
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubted:
    """So many open records were missing at once in a CRM that it was not believed."""

    connection: str
    records: int


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Notices that reached nobody."""

    notices: int


@dataclass(frozen=True, slots=True)
class ServiceDown:
    """A service takes no messages since `since` (µs), and so many destinations wait.

    `what` is its own words; None: by now it takes them again.
    """

    service: str
    since: int
    waiting: int
    what: str | None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Messages that could not be sent (`dead`), and those of which nobody knows whether they arrived (`parked`)."""

    dead: int
    parked: int


@dataclass(frozen=True, slots=True)
class RulesRefused:
    """Saved rules have errors and are not in force: where the first is, its code ("" if it has none), and its words."""

    place: str
    code: str
    what: Words
    errors: int


@dataclass(frozen=True, slots=True)
class Noisy:
    """Of the alerts of a rule that were told, so many were called false, mostly for one reason (`why`)."""

    rule: str
    title: Words
    false: int
    told: int
    why: str


@dataclass(frozen=True, slots=True)
class RecordSetAside:
    """A record, called `name`, is judged no more: it ended the processes that did."""

    record: str
    name: str


News = (
    StormHeld
    | ConnectionFailed
    | NothingJudged
    | CannotJudge
    | Doubted
    | Undelivered
    | ServiceDown
    | GivenUp
    | RulesRefused
    | Noisy
    | RecordSetAside
)
