"""Asks a portal about itself, once a day: stages, owners, properties, and what the token may not read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from stalewatch.sdk.errors import NeedsReconnect
from stalewatch.sdk.records import Person
from stalewatch_hubspot import queries
from stalewatch_hubspot.api import Api
from stalewatch_hubspot.errors import MissingScope, scope_cure
from stalewatch_hubspot.facts import Facts, Stage, outcome_of
from stalewatch_hubspot.fitting import SEVERAL, Fit, fit
from stalewatch_hubspot.mapping import plain
from stalewatch_hubspot.options import Options
from stalewatch_hubspot.queries import (
    CALLS,
    CONTACTS,
    DEALS,
    DIRECTION,
    EMAILS,
    LEADS,
    LIFECYCLE,
    MEETINGS,
    TASKS,
    Kind,
)
from stalewatch_hubspot.rows import Account, OwnerRow, PipelineRow, PropertyRow, Row, StageRow
from stalewatch_hubspot.wants import Wants

_SAMPLE: Final = 100
_PUBLIC_MAIL: Final = frozenset({
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "yahoo.co.jp", "icloud.com",
    "proton.me", "docomo.ne.jp", "ezweb.ne.jp",
})  # fmt: skip
"""Domains that owners share with everybody: a mail from there is not from a colleague."""


@dataclass(slots=True)
class Portal:
    """The facts, and what only a process remembers: the people, some rows to look at, and the properties by kind."""

    facts: Facts
    people: Sequence[Person] = ()
    samples: Mapping[str, list[Row]] = field(default_factory=dict)
    properties: Mapping[str, Mapping[str, PropertyRow]] = field(default_factory=dict)


def deal_properties(options: Options) -> tuple[str, ...]:
    """The properties of deals that are read where they exist."""
    return tuple(dict.fromkeys((*DEALS.properties, *options.deal.fields.values())))


def lead_properties(options: Options) -> tuple[str, ...]:
    """The properties of leads that are read where they exist."""
    return tuple(dict.fromkeys((*LEADS.properties, *options.lead.fields.values())))


def look(api: Api, options: Options, wants: Wants, now: int, known: Facts | None = None) -> Portal:
    """Ask a portal about itself.

    Args:
        known: of yesterday: what the token could read then is looked at in part only.

    Raises:
        NeedsReconnect: it refuses the token, or the token may not read deals.
    """
    return _Look(api, options, wants, known).portal(now)


class _Look:
    def __init__(self, api: Api, options: Options, wants: Wants, known: Facts | None) -> None:
        self._api, self._options, self._wants, self._known = api, options, wants, known
        self._refused: dict[str, str] = {}
        self._samples: dict[str, list[Row]] = {}
        self._properties: dict[str, dict[str, PropertyRow]] = {}

    def portal(self, now: int) -> Portal:
        account = self._account()
        absent = {DEALS.name: self._absent(DEALS, deal_properties(self._options))}
        pipelines = self._pipelines(DEALS)
        statuses = self._leads(absent)
        if self._asks_lifecycle(absent.get(LEADS.name, ())):
            absent[CONTACTS.name] = self._absent(CONTACTS, (LIFECYCLE,))
        self._sample(absent)
        if DEALS.name in self._refused:
            scope = self._refused[DEALS.name]
            cure = scope_cure(scope, is_app=self._options.auth.is_renewable)
            raise NeedsReconnect(f"the token may not read deals: it lacks {scope}", cure=cure)
        people, domains, givers = self._owners()
        facts = Facts(
            read_at=now, portal=account.portalId, zone=account.timeZone, currency=account.companyCurrency,
            ui=account.uiDomain, stages=self._stages(pipelines), statuses=statuses,
            pipelines={one.id: self._options.deal.pipelines.find(one.id, one.label) for one in pipelines},
            labels={one.id: one.label for one in pipelines}, absent=absent, refused=self._refused,
            owners=[person.id for person in people], domains=domains, givers=givers,
            misfits=self._mapped_to(lambda told, wanted: fit(told, wanted) is Fit.NOT),
            several=self._mapped_to(lambda told, _: told.fieldType == SEVERAL),
        )  # fmt: skip
        return Portal(facts, people, self._samples, self._properties)

    def _account(self) -> Account:
        try:
            return self._api.account()
        except MissingScope:  # an app without any scope of the account's still tells its deals
            return Account()

    def _absent(self, kind: Kind, names: Iterable[str]) -> list[str]:
        with self._permitted(kind):
            self._properties[kind.name] = known = self._api.properties(kind)
            return [name for name in names if name not in known]
        return []

    def _mapped_to(self, is_such: Callable[[PropertyRow, str], bool]) -> dict[str, list[str]]:
        """Our fields, by kind, that are mapped to such a property; a mapping's type is the second argument."""
        found = {}
        for kind, map_ in ((DEALS, self._options.deal), (LEADS, self._options.lead)):
            known = self._properties.get(kind.name, {})
            found[kind.name] = [
                ours
                for ours, theirs in map_.fields.items()
                if ours in map_.types and theirs in known and is_such(known[theirs], map_.types[ours])
            ]
        return found

    def _pipelines(self, kind: Kind) -> list[PipelineRow]:
        with self._permitted(kind):
            return self._api.pipelines(kind)
        return []

    def _stages(self, pipelines: Iterable[PipelineRow]) -> dict[str, Stage]:
        return {
            stage.id: Stage(pipeline.id, stage.label, self._ours(pipeline, stage), outcome_of(stage))
            for pipeline in pipelines
            for stage in pipeline.stages
        }

    def _ours(self, pipeline: PipelineRow, stage: StageRow) -> str | None:
        paths = (f"{pipeline.label}/{stage.label}", f"{pipeline.id}/{stage.label}", f"{pipeline.id}/{stage.id}")
        return self._options.deal.stages.find(stage.id, *paths, stage.label)

    def _leads(self, absent: dict[str, list[str]]) -> dict[str, Stage]:
        if not self._wants.leads:
            return {}
        absent[LEADS.name] = self._absent(LEADS, lead_properties(self._options))
        find = self._options.lead.statuses.find
        return {
            stage.id: Stage(one.id, stage.label, find(stage.id, stage.label, stage.metadata.leadState or ""))
            for one in self._pipelines(LEADS)
            for stage in one.stages
        }

    def _asks_lifecycle(self, absent: Collection[str]) -> bool:
        """Whether contacts may have to tell when leads were qualified: no property of leads themselves does."""
        mapped = self._options.lead.fields.get("mql_at")
        is_wanted = self._wants.leads and "mql_at" in self._wants.past and LEADS.name not in self._refused
        return is_wanted and (mapped is None or mapped in absent)

    def _sample(self, absent: dict[str, list[str]]) -> None:
        """Look at some rows of each kind: the only sure way to learn what a token may read."""
        kinds: dict[Kind, tuple[str, ...]] = {DEALS: deal_properties(self._options)}
        kinds |= {kind: kind.properties for kind in (EMAILS, MEETINGS, CALLS, TASKS)}
        asks_contacts = self._wants.people or CONTACTS.name in absent
        kinds |= {CONTACTS: CONTACTS.properties} if asks_contacts else {}
        kinds |= {LEADS: lead_properties(self._options)} if self._wants.leads else {}
        for kind, names in kinds.items():
            if kind.name in self._refused or self._is_alike(kind):
                continue
            there = [name for name in names if name not in absent.get(kind.name, ())]
            body = queries.search(queries.OPEN if kind is DEALS else (), there, "0") | {"limit": _SAMPLE}
            with self._permitted(kind):
                self._samples[kind.name] = rows = self._api.sample(kind, body)
                if rows and kind.name in absent:  # what is listed and shown in no row may as well not be there
                    absent[kind.name] += [name for name in there if not any(name in row.properties for row in rows)]
        mails = self._samples.get(EMAILS.name, [])
        if mails and not any(row.get(DIRECTION) for row in mails):
            self._refused[EMAILS.name] = queries.SCOPES[EMAILS.name]  # shown, but with blanks

    def _is_alike(self, kind: Kind) -> bool:
        """Whether a kind was readable yesterday and needs the scope of another one that is looked at anyway."""
        return self._known is not None and kind in (CALLS, TASKS) and self._known.can_read(kind)

    def _owners(self) -> tuple[list[Person], list[str], list[str]]:
        """Everybody who owns or owned something, the domains of their addresses, and who hands leads over."""
        found: dict[str, Person] = {}
        givers: set[str] = set()
        try:
            for archived in (False, True):
                for row in self._api.owners(archived=archived):
                    found.setdefault(row.id, _person(row, active=not archived))
                    if any(plain(team.name) in self._options.lead.from_teams for team in row.teams):
                        givers.add(row.id)
        except MissingScope as error:
            self._refused["owners"] = error.scopes[0] if error.scopes else queries.SCOPES["owners"]
        domains = {person.email.rpartition("@")[2].casefold() for person in found.values() if person.email}
        return list(found.values()), sorted(domains - _PUBLIC_MAIL - {""}), sorted(givers)

    @contextmanager
    def _permitted(self, kind: Kind) -> Iterator[None]:
        try:
            yield
        except MissingScope as error:
            usual = queries.SCOPES.get(kind.name, queries.CONTACT_SCOPE)
            self._refused[kind.name] = error.scopes[0] if error.scopes else usual


def _person(row: OwnerRow, *, active: bool) -> Person:
    name = " ".join(part for part in (row.firstName, row.lastName) if part)
    team = next((team.name for team in row.teams if team.primary), row.teams[0].name if row.teams else None)
    return Person(
        id=row.id, name=name or row.email or row.id, email=row.email or None, active=active, team=team or None
    )
