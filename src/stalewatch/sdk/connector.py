"""What a connector is: three methods over one CRM, and two more if it writes into it.

    class MyConnector(Connector):
        type = "mycrm"
        def describe(self) -> Description: ...
        def check(self) -> list[Finding]: ...
        def pull(self, cursor, *, full=False) -> Iterator[Page]: ...
        def write_back(self, change) -> Written: ...    # optional, and `written` with it

Register a factory under the entry point group `stalewatch.connectors`, named after the `type:` users write:

    [project.entry-points."stalewatch.connectors"]
    mycrm = "my_package:connect"        # connect(ConnectionSettings) -> Connector
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from stalewatch.sdk.errors import Refused
from stalewatch.sdk.pacing import Pacer
from stalewatch.sdk.records import Activity, Deal, FieldChange, Lead, Person, Rejected, StageVisit
from stalewatch.sdk.vault import MemoryVault, Vault
from stalewatch.sdk.writing import Change, Writing, Written

Cursor = Mapping[str, Any]
"""Where a pull stands: whatever JSON the connector likes; we store it with the page it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """What one entry under `connections:` says, secrets resolved.

    Attributes:
        options: every key that is the connector's own (path, files, auth, map, ...).
        base: folder of stalewatch.yaml; relative paths start there.
        currency: the project's currency, ISO 4217.
        now: the clock; a connector never asks the machine for the time.
        catalogue: type of each catalogue field, object -> field -> type name (text, choice, int, money,
            bool, date, datetime, person).
        reads: the catalogue fields that active rules read, object -> field names; empty means "all of them".
            A connector may leave out what nobody reads.
        due_soon: asked anew each time: the ids of records one of whose deadlines falls within the next day, which are
            worth a closer look; None: nobody can tell.
        vault: where to keep a secret that arrives while it runs.
        pacer: counts the calls to each account for everybody who calls it; None: nobody else does.
    """

    id: str
    options: Mapping[str, Any]
    base: Path
    currency: str
    now: Callable[[], datetime]
    catalogue: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    reads: Mapping[str, Collection[str]] = field(default_factory=dict)
    due_soon: Callable[[], Collection[str]] | None = None
    vault: Vault = field(default_factory=MemoryVault, repr=False)
    pacer: Pacer | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldInfo:
    """One catalogue field as this connection feeds it (`stalewatch fields`).

    Attributes:
        folded: stalewatch fills it from the activities that the connection hands over, and keeps it true as they
            change: `next_step_due` of deals, `first_touch_at` of leads. The records themselves then never name it;
            without the mark their own word stands.
        theirs_type: what the CRM calls the type of its field ("picklist"); None: it has no types.
        choices: every value that the field may have today, in our words where they are mapped, else in the CRM's;
            None: nobody can list them. `rules check` warns of a value that is not among them.
        is_loose: it is read out of a text: what is no value of `type` there leaves the field unreadable.
    """

    ours: str
    theirs: str
    type: str
    fill_rate: float | None = None
    example: str | None = None
    folded: bool = False
    theirs_type: str | None = None
    choices: Sequence[str] | None = None
    is_loose: bool = False


class Why(StrEnum):
    """Why nothing feeds a catalogue field on a connection."""

    UNMAPPED = "unmapped"  # no field of the CRM is named for it
    ABSENT = "absent"  # the one that is named is not there, or hidden from us
    MISFIT = "misfit"  # the one that is named holds something of another kind
    FORBIDDEN = "forbidden"  # a scope or permission is missing: `Description.missing` names it
    UNSEEN = "unseen"  # it may be read, but nothing of the kind is recorded there
    UNREAD = "unread"  # no active rule asks for it, so it is left alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfed:
    """A catalogue field that this connection does not feed.

    Attributes:
        theirs: the CRM's field that was named for it, as far as one was.
        theirs_type: what the CRM calls its type; None if it is not there.
    """

    ours: str
    why: Why
    theirs: str | None = None
    theirs_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpareField:
    """A field of the CRM that feeds nothing yet.

    Attributes:
        name: by which `map` names it. label: what people see.
        type: what the CRM calls its type. holds: the catalogue types that it can feed.
    """

    name: str
    label: str
    type: str
    holds: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a connection can tell: per object ("deal", "lead") the catalogue fields that it feeds.

    A catalogue field that is not listed is unavailable here: rules that need it answer "cannot judge".

    Attributes:
        missing: per object, and catalogue field that is not listed, the scopes or permissions for want of which it is
            not, by the CRM's own names ("sales-email-read"); the operator reads them. What nobody can tell is left out.
        unfed: per object, why what is not listed is not; a field that is named in neither is simply not mapped.
        spare: per object, fields of the CRM that feed nothing yet: people are offered those that look like ours.
        writing: per object what may be written back; told only where `writeback:` is not `none`.
    """

    fields: Mapping[str, Sequence[FieldInfo]]
    logs_meeting_outcomes: bool = False
    missing: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    unfed: Mapping[str, Sequence[Unfed]] = field(default_factory=dict)
    spare: Mapping[str, Sequence[SpareField]] = field(default_factory=dict)
    writing: Mapping[str, Writing] = field(default_factory=dict)


class Level(StrEnum):
    """How much a finding of `doctor` matters."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of `stalewatch doctor`: what was looked at, what was found, what to do."""

    subject: str
    level: Level
    message: str
    cure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A piece of a pull. It is stored whole, with its cursor, in one transaction; replaying it changes nothing.

    Attributes:
        cursor: where to go on after this page; it is stored only together with the page.
        gone: ids of records that the CRM has deleted or no longer shows.
        withdrawn: ids of activities that are none of our business any more, as a meeting that was made private: they
            leave the store with all that is known of them. One that was called off or deleted is no such: see
            `MeetingState`.
        merged: ids of records that the CRM made one with another, each with the id that stands for it now. That one is
            on this page, or was on an earlier one. What stalewatch keeps of the old record (alerts, snoozes, waits,
            messages not yet sent, history) goes over to the new one; to say it again changes nothing.
        histories: ids of deals whose `visits` and `changes` in this page are their whole known history;
            it then replaces what earlier syncs inferred for the fields named in `history_fields`.
        open_ids: ids of every deal that the CRM shows as open, if this page ends a comparison of ids: deals that
            we hold for open and that are not among them have vanished. None: nothing was compared.
        findings: what this pull noticed and `doctor` is to show until another pull says otherwise; None: what was said
            earlier stands.
        complete: True on the last page of a pull that showed every record there is. Records that were not
            seen in such a pull have vanished; without it nothing is ever concluded from absence.
        as_of: the CRM's own time of the data, if it says; None means "now".
        total: how many records the whole pull will bring, where known; for progress only.
    """

    cursor: Cursor
    deals: Sequence[Deal] = ()
    leads: Sequence[Lead] = ()
    people: Sequence[Person] = ()
    activities: Sequence[Activity] = ()
    visits: Sequence[StageVisit] = ()
    changes: Sequence[FieldChange] = ()
    gone: Sequence[str] = ()
    withdrawn: Sequence[str] = ()
    merged: Mapping[str, str] = field(default_factory=dict)
    histories: frozenset[str] = frozenset()
    history_fields: frozenset[str] = frozenset()
    rejected: Sequence[Rejected] = ()
    open_ids: frozenset[str] | None = None
    findings: Sequence[Finding] | None = None
    complete: bool = False
    as_of: datetime | None = None
    total: int | None = None


class Connector(ABC):
    """One CRM. Methods may raise the `ConnectorError` tree and nothing else on purpose."""

    type: ClassVar[str]
    ages: ClassVar[bool] = True
    """False for sources that are a snapshot by nature (files): their data never counts as too old."""
    timeout_seconds: ClassVar[float] = 60.0
    """The longest that `write_back` and `written` take, repetitions included."""
    settle_after_seconds: ClassVar[float] = 15.0
    """So long after that the CRM shows whatever a lost request wrote, if it wrote anything."""

    @abstractmethod
    def describe(self) -> Description:
        """Tell which catalogue fields this connection can feed. Cheap; called at start and daily."""

    def describe_at(self, cursor: Cursor | None) -> Description:
        """Tell what the records read up to `cursor` can be judged by; asked before every pull.

        A connector that may read more than it has read yet (a permission came late) tells only what it has read.
        Raises what `describe` and `pull` raise.
        """
        return self.describe()

    @abstractmethod
    def check(self) -> list[Finding]:
        """Look at login, permissions, limits and mapping, for `stalewatch doctor`. Never raises."""

    @abstractmethod
    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        """Yield what changed since `cursor`, in pages; everything if it is None or `full` is True.

        Raises:
            TryLater: a passing fault; pages yielded so far stand.
            NeedsReconnect: a person has to act.
            BadCursor: begin again without a cursor.
        """

    def reread(self, wanted: Collection[str], cursor: Cursor) -> Iterator[Page]:
        """Yield deals anew, with their past and everything around them, in pages that carry `cursor` unchanged.

        Asked for ids among `Page.open_ids` that nobody holds for open: shown again, or never told. A connector that
        tells such deals by itself leaves it out. Raises what `pull` raises.
        """
        return iter(())

    def write_back(self, change: Change) -> Written:
        """Write a change into the CRM, with one request. Connectors that only read refuse.

        Raises:
            Refused: nothing was written; `what` is the CRM's own words, `fields` the fields that they are about.
            Conflict: nothing was written, for the record changed since it was seen; it tells what stands there now.
            TryLater: nothing was written; a passing fault.
            NeedsReconnect: nothing was written; a person has to act.
            WriteUnknown: the request left, and nobody knows what became of it.
        """
        raise Refused("this connection can only be read", where=change.record)

    def written(self, change: Change) -> Written | None:
        """Look what became of a change whose answer was lost; None: it did not arrive, and may be sent again.

        It is asked when nothing of the lost request can be under way any more.

        Raises:
            TryLater, NeedsReconnect: nobody can look now.
            Refused: nobody ever can.
            Conflict: it did not arrive, and the record was changed by somebody else since.
        """
        raise Refused("this connection can only be read", where=change.record)
