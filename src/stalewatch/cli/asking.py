"""From the options of a list to the list: which records are asked for, and how they are printed."""

from __future__ import annotations

import shlex
from contextlib import closing
from dataclasses import dataclass
from difflib import get_close_matches

import click
import msgspec
import numpy as np

from stalewatch.cli import deal_lists, record_page
from stalewatch.cli.deal_lists import Shown
from stalewatch.cli.grid import terminal_width
from stalewatch.cli.invocation import Invocation
from stalewatch.cli.list_options import WEEK
from stalewatch.cli.projects import NoSuch, language_of, open_project
from stalewatch.delivery.wording.list_words import counted
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import duration
from stalewatch.domain.durations import Duration
from stalewatch.domain.instants import to_us
from stalewatch.services.alerting.people import called
from stalewatch.services.reporting.exporting import as_csv
from stalewatch.services.reporting.listing import Listing, Reason
from stalewatch.services.reporting.reports import Filters, Page, Reports
from stalewatch.wiring import Stalewatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one call asked for; `within` is None for the stalled list."""

    within: Duration | None = None
    obj: str | None = None
    owner: str | None = None
    team: str | None = None
    rule: str | None = None
    severity: str | None = None
    shape: str | None = None

    @property
    def leads(self) -> bool:
        return self.obj == "lead"

    @property
    def is_filtered(self) -> bool:
        return any((self.owner, self.team, self.rule, self.severity, self.obj and not self.leads))

    @property
    def command(self) -> str:
        """What was typed, as far as it can be typed again."""
        what = "leads" if self.leads else "deals"
        list_ = "stalled" if self.within is None else f"due-soon --within {self.within}"
        given = {"object": None if self.leads else self.obj, "owner": self.owner, "team": self.team}
        given |= {"rule": self.rule, "severity": self.severity}
        options = "".join(f" --{name} {shlex.quote(value)}" for name, value in given.items() if value)
        return f"stalewatch {what} {list_}{options}"

    def wants(self, reason: Reason) -> bool:
        """Whether a reason is one that was asked for."""
        return self.rule in (None, reason.rule) and self.severity in (None, reason.severity)


def print_list(invocation: Invocation, asked: Asked) -> None:
    """Print the stalled or the due-soon list."""
    with closing(open_project(invocation)) as app:
        language = language_of(invocation, app.settings)
        listing = read_list(app, asked, language)
        match asked.shape or ("json" if invocation.json else "table"):
            case "csv":
                click.echo(as_csv(listing.items), nl=False)
            case "json":
                click.echo(msgspec.json.format(msgspec.json.encode(listing), indent=2).decode())
            case _:
                reader = reader_of(app, invocation)
                shown = about(app, asked, listing, reader)
                click.echo("\n".join(deal_lists.lines(listing, shown, reader, terminal_width())))


def print_record(invocation: Invocation, record_id: str, *, lead: bool) -> None:
    """Print one record's page.

    Raises:
        NoSuch: there is no such deal, or no such lead.
    """
    with closing(open_project(invocation)) as app:
        language, now = language_of(invocation, app.settings), to_us(app.clock.now())
        reports = Reports(app.db, app.rulebook, app.sources, language)
        found = reports.record(record_id, now, visible=None)
        if found is None or (found["object"] == "lead") is not lead:
            raise _unknown(record_id, lead, found is not None)
        if invocation.json:
            click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
            return
        reader = reader_of(app, invocation)
        clocks = reports.explain(record_id, now, visible=None) or []
        page = record_page.lines(found, clocks, app.rulebook, reader, terminal_width())
        click.echo("\n".join(page))


def reader_of(app: Stalewatch, invocation: Invocation) -> Reader:
    """Whoever sits at this terminal: the language asked for, the zone of the project's own calendar."""
    language = language_of(invocation, app.settings)
    return Reader(language, app.clock.now(), app.rulebook.calendars.default.spec.zone)


def read_list(app: Stalewatch, asked: Asked, language: str) -> Listing:
    """The whole list that was asked for.

    Raises:
        NoSuch: nobody is called like the owner, or there is no such rule.
    """
    reports, now = Reports(app.db, app.rulebook, app.sources, language), to_us(app.clock.now())
    owners, rule = owners_named(app, asked.owner), rule_named(app, asked.rule)
    chosen = Filters(obj=asked.obj, owners=owners, team=asked.team, rule=rule, severity=asked.severity)
    wanted = asked.wants if asked.rule or asked.severity else None

    def page(one: Page) -> Listing:
        if asked.within is None:
            return reports.stalled(chosen, now, visible=None, page=one)
        return reports.due_soon(chosen, now, microseconds(app, asked.within, now), visible=None, page=one)

    return deal_lists.every(page, wanted)


def about(app: Stalewatch, asked: Asked, listing: Listing, reader: Reader) -> Shown:
    """What its printed form has to say besides."""
    within = "" if asked.within is None else duration(asked.within, reader)
    ahead = "" if listing.items or asked.within is not None else _ahead(app, asked, reader)
    return Shown(asked.leads, within, ahead, asked.is_filtered, asked.command)


def _ahead(app: Stalewatch, asked: Asked, reader: Reader) -> str:
    """Nothing is stalled; how much will be."""
    soon = read_list(app, Asked(within=WEEK, obj=asked.obj, owner=asked.owner, team=asked.team), reader.language)
    if not soon.total:
        return reader.words.gettext("None will be due within {span}.").format(span=duration(WEEK, reader))
    count = counted(soon.total, asked.leads, reader)
    said = reader.words.ngettext("{what} will be due within {span}.", "{what} will be due within {span}.", soon.total)
    return said.format(what=count, span=duration(WEEK, reader))


def microseconds(app: Stalewatch, within: Duration, now: int) -> int:
    """The span from now; business days by the project's own calendar."""
    return int(app.rulebook.calendars.default.add(np.array([now], np.int64), within)[0]) - now


def owners_named(app: Stalewatch, text: str | None) -> frozenset[str] | None:
    """The ids of the people whom a text names.

    Raises:
        NoSuch: nobody is called so.
    """
    if text is None:
        return None
    found, known = called(app.db, app.speaking, text)
    if not found:
        close = get_close_matches(text, known, n=1, cutoff=0.5)
        raise NoSuch(f"nobody is called {text!r}", cure=f"did you mean {close[0]!r}?" if close else None)
    return found


def rule_named(app: Stalewatch, name: str | None) -> str | None:
    """The id of a rule that is on.

    Raises:
        NoSuch: there is none of this id, or it is off.
    """
    known = app.rulebook.by_id
    if name is None or name in known:
        return name
    close = get_close_matches(name, known, n=1)
    cure = f"did you mean {close[0]!r}?" if close else f"rules that are on: {', '.join(sorted(known)) or 'none'}"
    raise NoSuch(f"there is no rule {name!r}, or it is off", cure=cure)


def _unknown(record_id: str, lead: bool, is_the_other: bool) -> NoSuch:
    mine, other = ("lead", "deal") if lead else ("deal", "lead")
    if is_the_other:
        return NoSuch(f"{record_id} is a {other}, not a {mine}", cure=f"stalewatch {other}s show {record_id}")
    return NoSuch(
        f"there is no {mine} {record_id!r}",
        cure=f"ids begin with their connection (sf:006...); `stalewatch {mine}s stalled` shows some",
    )
