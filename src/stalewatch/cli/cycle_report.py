"""What a cycle did, as data: what `--json` prints, and what cycle_words.py says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from stalewatch.domain.instants import to_us
from stalewatch.sdk.connector import Finding, Level
from stalewatch.services.alerting.tick import Ticked
from stalewatch.services.operating.cycle import CycleReport
from stalewatch.services.operating.work import Waiting, Work
from stalewatch.services.reporting.listing import shown
from stalewatch.services.reporting.reports import Reports
from stalewatch.services.syncing.sync import Synced
from stalewatch.services.telling.moving import Dispatched
from stalewatch.services.writing.moving import Wrote
from stalewatch.wiring import Stalewatch


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What came of reading one connection. `records` and `open` are what is known now, `read` what this pull brought.

    `findings` is the import report of files: what was left out, or is kept without what a clock needs.
    """

    connection: str
    read: int
    records: int
    open: int
    rejected: Mapping[str, int]
    findings: tuple[str, ...]
    vanished: int
    doubted: int
    busy: bool
    error: str | None


class Noticed(msgspec.Struct, frozen=True, kw_only=True):
    """What the passing of time brought; `held` messages wait for a person, `not_judged` are connections.

    `news` are those of `opened` that were not late before their rule began to speak.
    """

    opened: int
    news: int
    resolved: int
    backlog: int
    held: int
    not_judged: tuple[str, ...]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """Messages sent, what they carried, and how the others ended."""

    messages: int
    notices: int
    unknown: int
    refused: int
    dead: int


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """What was written into the CRMs, and how the others ended."""

    written: int
    refused: int
    conflicts: int
    unknown: int
    given_up: int


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Messages that wait for their time."""

    style: str
    until: str
    reason: str
    messages: int
    notices: int


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One cycle, or a part of it: what was not asked for is None."""

    at: str
    read: tuple[Read, ...] | None = None
    recomputed: int = 0
    states: Mapping[str, Mapping[str, int]] | None = None
    noticed: Noticed | None = None
    said: Said | None = None
    entered: Entered | None = None
    waiting: tuple[Wait, ...] | None = None
    failures: tuple[str, ...] = ()


def report(app: Stalewatch, **parts: Any) -> Report:
    """The report of a part of a cycle."""
    return Report(at=shown(to_us(app.clock.now()), "UTC"), **parts)


def whole(app: Stalewatch, done: CycleReport) -> Report:
    """The report of a whole cycle."""
    return report(
        app,
        read=read(app, done.synced),
        recomputed=done.recomputed,
        states=states(app),
        noticed=noticed(done.ticked),
        said=said(done.dispatched),
        entered=entered(done.wrote),
        waiting=waiting(app),
        failures=done.failures,
    )


def read(app: Stalewatch, synced: Sequence[Synced]) -> tuple[Read, ...]:
    """What was read, with the import report of those that are files and changed."""
    stock = _reports(app).stock()
    return tuple(
        Read(
            connection=one.connection,
            read=one.records,
            records=stock[one.connection][0],
            open=stock[one.connection][1],
            rejected=dict(one.rejected),
            findings=_import_report(app, one),
            vanished=one.vanished,
            doubted=one.kept,
            busy=one.is_busy,
            error=None if one.error is None else str(one.error),
        )
        for one in synced
    )


def states(app: Stalewatch) -> Mapping[str, Mapping[str, int]]:
    """rule -> state -> clocks, the rules in their own order."""
    counted = _reports(app).states(to_us(app.clock.now()))
    return {rule.id: counted[rule.id] for rule in app.rulebook.rules.rules if rule.id in counted}


def noticed(ticked: Ticked) -> Noticed:
    """What a tick did."""
    return Noticed(
        opened=ticked.opened,
        news=ticked.news,
        resolved=ticked.resolved,
        backlog=ticked.backlog,
        held=ticked.stormed,
        not_judged=tuple(ticked.not_judged),
    )


def said(dispatched: Dispatched) -> Said:
    """What a dispatch did."""
    return Said(
        messages=dispatched.sent,
        notices=dispatched.told,
        unknown=dispatched.unknown,
        refused=dispatched.refused,
        dead=dispatched.dead,
    )


def entered(wrote: Wrote) -> Entered | None:
    """What was written; None if there was nothing to be written."""
    figures = {
        "written": wrote.done, "refused": wrote.refused, "conflicts": wrote.conflicts, "unknown": wrote.unknown,
        "given_up": wrote.given_up,
    }  # fmt: skip
    return Entered(**figures) if any(figures.values()) else None


def waiting(app: Stalewatch) -> tuple[Wait, ...]:
    """What waits for its time."""
    found = Work(app.db, app.clock, app.rulebook, app.speaking).waiting()
    return tuple(_wait(one) for one in found)


def _reports(app: Stalewatch) -> Reports:
    return Reports(app.db, app.rulebook, app.sources)


def _wait(one: Waiting) -> Wait:
    return Wait(
        style=one.style, until=shown(one.until, "UTC"), reason=one.reason, messages=one.messages, notices=one.notices
    )


def _import_report(app: Stalewatch, one: Synced) -> tuple[str, ...]:
    """What its own check says of a file that was just read; a service would be asked for nothing new by it."""
    connector = app.connector(one.connection) if one.pages and one.error is None else None
    if connector is None or connector.ages:
        return ()
    return tuple(_finding(each) for each in connector.check() if each.level is not Level.OK)


def _finding(finding: Finding) -> str:
    return f"{finding.subject}: {finding.message}"
