"""A company with two CRMs whose people change places, and who may see what in it, worked out once more and plainly.

Every owner has a late deal, one that soon will be, a late lead and a message that reached nobody, all with names that
stand nowhere else: what is found in an answer was told by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from hypothesis import strategies as st

from stalewatch.domain.policies import Override
from stalewatch.sdk.records import Deal, Lead, Person
from stalewatch.services.access import tokens
from stalewatch.services.alerting.tick import tick
from stalewatch.services.syncing.recomputing import recompute
from stalewatch.services.syncing.sync import Sync, register
from stalewatch.settings import Connecting
from stalewatch.settings.project import Web
from stalewatch.store import alerts, notices, people, roles
from stalewatch.web.app import create_app
from stalewatch.wiring.live import Live, State
from tests import databases
from tests.altered import replace
from tests.services.world import Memory, World, at, deal, rulebook
from tests.store.builders import notice
from tests.web.office import project_of
from tests.web.pack import RULES

LEADS: Final = """
stalewatch: 1
pack: leads
rules:
  - {id: no-touch, title: {en: Not touched}, watch: lead, start: created_at, within: [{is: 5bd}], severity: warning,
     message: {en: "{name} waits."}}
"""
IDS: Final = (*(f"crm:p{n}" for n in range(6)), "hs:p3", "hs:p4", "hs:p6")
"""Whom the CRMs know; p3 and p4 are in both."""
HEAD: Final = "head@acme.example"
"""Whom no CRM knows."""
PHONE: Final = "U0PHONE"


def address_of(key: str) -> str:
    return f"{key.partition(':')[2]}@acme.example"


ADDRESSES: Final = (*sorted({address_of(key) for key in IDS}), HEAD)


@dataclass(frozen=True)
class Organisation:
    """Who reports to whom (`managers`: ids), who has left, what `people:` says of managers (addresses), and who was
    given every record, by the file or by hand."""

    managers: Mapping[str, str | None]
    left: frozenset[str] = frozenset()
    overrides: Mapping[str, str] = field(default_factory=dict)
    admins: frozenset[str] = frozenset()
    granted: Mapping[str, str] = field(default_factory=dict)

    def sees(self, address: str) -> set[str] | None:
        """The owners whose records somebody sees, None: all; nobody at all for a stranger. By walking upwards."""
        if address in self.admins or address in self.granted:
            return None
        mine = {key for key in IDS if address_of(key) == address}
        names = mine - self.left if mine else {address}
        return {owner for owner in IDS if names & set(self._upwards(owner))}

    def knows(self, address: str) -> bool:
        """Whether whoever has this address is one of ours."""
        mine = {key for key in IDS if address_of(key) == address}
        given = address in self.admins or address in self.granted
        return given or bool(mine - self.left if mine else address in self.overrides or self.sees(address))

    def _upwards(self, key: str) -> Iterator[str]:
        seen: set[str] = set()
        above: str | None = key
        while above is not None and above not in seen:
            seen.add(above)
            yield above
            above = self._manager(above)

    def _manager(self, key: str) -> str | None:
        address = address_of(key) if ":" in key else key
        if said := self.overrides.get(address):
            return max((one for one in IDS if address_of(one) == said), default=said)
        if key not in self.managers:
            return None
        beside = [one for one in sorted(IDS) if address_of(one) == address and one not in self.left]
        return self.managers[key] or next((told for one in beside if (told := self.managers[one])), None)


def organisations() -> st.SearchStrategy[Organisation]:
    """Trees, forests, rings; people who left; managers of the file; roles."""
    above = st.sampled_from((*IDS, None, None, "crm:gone"))
    someone = st.sampled_from(ADDRESSES)
    return st.builds(
        Organisation,
        managers=st.fixed_dictionaries(dict.fromkeys(IDS, above)),
        left=st.frozensets(st.sampled_from(IDS), max_size=3),
        overrides=st.dictionaries(someone, someone, max_size=2),
        admins=st.frozensets(someone, max_size=1),
        granted=st.dictionaries(someone, st.sampled_from(("revops", "admin")), max_size=1),
    )


@dataclass
class Stage:
    """The company, asked by whoever has one of its addresses.

    Attributes:
        owners: id of a record -> its owner; names: its name.
    """

    world: World
    live: Live
    app: Any
    tokens: Mapping[str, str]
    owners: Mapping[str, str | None]
    names: Mapping[str, str]
    alerts: Mapping[str, str]

    def becomes(self, organisation: Organisation, phone: str) -> None:
        """From now on the company is like this, and whoever has the address `phone` holds the phone."""
        world, told = self.world, organisation.overrides
        blank = {"team": None, "zone": None, "language": None}
        with world.db.write() as conn:
            people.upsert(conn, [
                {"id": key, "connection": key.partition(":")[0], "external_id": key.partition(":")[2], **blank,
                 "name": f"Wz{key.replace(':', '')}w", "email": address_of(key), "active": key not in organisation.left,
                 "manager": organisation.managers[key]}
                for key in IDS
            ])  # fmt: skip
            for row in roles.read(conn):
                roles.take(conn, row.address)
            for address, role in organisation.granted.items():
                roles.give(conn, address, role, by="test", at=world.us)
        overrides = {one: Override(manager=said) for one, said in told.items()}
        overrides[phone] = replace(overrides.get(phone, Override()), slack=PHONE)
        speaking = replace(world.speaking, people=overrides, admins=organisation.admins)
        own = self.live.project
        self.live.state = State(own.following(replace(own.settings, speaking=speaking), world.book))

    def asks(self, address: str, *paths: str | tuple[str, str], **headers: str) -> list[httpx.Response]:
        """What somebody is answered; a path alone is read."""
        bearer = {"Authorization": f"Bearer {self.tokens[address]}", **headers}

        async def ask() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://stalewatch.example") as client:
                return [
                    await client.request(*(("GET", one) if isinstance(one, str) else one), headers=bearer)
                    for one in paths
                ]

        return asyncio.run(ask())


def staged(template: Path, folder: Path) -> Iterator[Stage]:
    """The stage, on a SQLite file in this folder."""
    path = folder / "stalewatch.db"
    path.write_bytes(template.read_bytes())
    world = World(databases.opened(f"sqlite:///{path}"), rulebook(RULES, LEADS))
    world.clock.move_to(at("2026-04-01 12:00"))
    second = Memory(world.crm.catalogue)
    for crm, prefix in ((world.crm, "crm"), (second, "hs")):
        mine = [key for key in IDS if key.startswith(prefix)]
        crm.people = [Person(id=key.partition(":")[2], name=f"Wz{key}", email=address_of(key)) for key in mine]
        for owner in [*(key.partition(":")[2] for key in mine), None]:
            _has(crm, prefix, owner)
    spans = {"crm": None, "hs": None}
    register(world.db, {"crm": "memory", "hs": "memory"}, world.us)
    world.syncs()
    Sync(world.db, world.clock, world.book, world.speaking).run("hs", second, every=300_000_000)
    recompute(world.db, world.clock, world.book, "hs", lambda _done, _total: None)
    tick(world.db, world.clock, world.book, world.speaking, spans)
    connections = tuple(Connecting(id=one, type="memory") for one in spans)
    project = project_of(world, connections=connections, web=Web(rate_limit=0))
    project._connectors["hs"] = second
    live = Live(project)
    owners, names = _records(world, second)
    yield Stage(world, live, create_app(live), _tokens(world), owners, names, _messages(world, owners))
    world.db.dispose()


def _has(crm: Memory, prefix: str, owner: str | None) -> None:
    """A late deal, one that soon will be, and a late lead."""
    who = owner or "nobody"
    for kind, created in (("late", "2026-02-20 10:00"), ("soon", "2026-03-27 10:00")):
        name = f"Zq{prefix}{who}{kind}z"
        made = deal(f"{who}-{kind}", owner=owner, created_at=at(created))
        crm.deals[made.id] = replace(made, name=name)
    lead = Lead(id=f"{who}-lead", name=f"Zq{prefix}{who}leadz", owner=owner, created_at=at("2026-03-02 10:00"))
    crm.leads[lead.id] = lead


def _records(world: World, second: Memory) -> tuple[dict[str, str | None], dict[str, str]]:
    owners: dict[str, str | None] = {}
    names: dict[str, str] = {}
    for prefix, crm in (("crm", world.crm), ("hs", second)):
        some: list[Deal | Lead] = [*crm.deals.values(), *crm.leads.values()]
        for one in some:
            owners[f"{prefix}:{one.id}"] = f"{prefix}:{one.owner}" if one.owner else None
            names[f"{prefix}:{one.id}"] = one.name
    return owners, names


def _tokens(world: World) -> dict[str, str]:
    return {one: tokens.create(world.db, one, ["admin"], world.us, person=one) for one in ADDRESSES}


def _messages(world: World, owners: Mapping[str, str | None]) -> dict[str, str]:
    """A message about each late record that is held back; the newest alert of each, by record."""
    with world.db.write() as conn:
        newest = {one: past[0].id for one in owners if (past := alerts.history(conn, one))}
        held = {"state": "held", "reason": "storm", "target": "person:else@acme.example"}
        rows = [notice(f"held-{one}", record_id=one, alert_id=alert, **held) for one, alert in newest.items()]
        notices.add(conn, rows)
    return newest
