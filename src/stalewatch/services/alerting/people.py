"""Everybody who can be told: the people of the CRMs with what `people:` and `teams:` say of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import SimpleNamespace
from typing import Any, Final

from stalewatch.domain.directory import Directory, Person
from stalewatch.domain.policies import Override, Speaking
from stalewatch.store import habits, people
from stalewatch.store.engine import Connection, Database

NOTHING = Override()
_TOLD: Final = ("manager", "team", "zone", "language")
"""What one CRM may know of a person and another not."""


def directory(conn: Connection, speaking: Speaking) -> Directory:
    """Read the directory as it is now. Managers named in `people:` are found by their address.

    A language is the one that `people:` names, else the one set in the messenger, else the CRM's; a zone is that of
    `people:`, else the CRM's, else the messenger's. Who has one address in two CRMs is one person: what only one of
    the two tells (a manager, a team, a zone) holds in both.
    """
    rows, told = people.read(conn), habits.read(conn)
    by_address = {row.email: row.id for row in rows if row.email}
    joined = _joined(rows)
    known = {row.id: _person(row, joined.get(row.email, row), speaking, by_address, told) for row in rows}
    for address, override in speaking.people.items():
        if address not in by_address and "@" in address:
            known[address] = _configured(address, override, by_address, told)
    return Directory(
        people=known,
        channels=dict(speaking.channels),
        operator_channel=speaking.operator_channel,
        operator_email=speaking.operator_email,
        names_suffice=speaking.names_suffice,
        by_email=speaking.by_email,
        mail_first=speaking.mail_first,
    )


def people_of(db: Database, speaking: Speaking) -> Directory:
    """The directory as it is now, in a transaction of its own."""
    with db.read() as conn:
        return directory(conn, speaking)


def names_of(conn: Connection, targets: Collection[str]) -> Mapping[str, str]:
    """target -> name, of the targets that are people: "person:" with an address or an id."""
    keys = {target: target.removeprefix("person:") for target in targets if target.startswith("person:")}
    by_id = people.by_id(conn, set(keys.values()))
    by_address = people.by_emails(conn, {key for key in keys.values() if key not in by_id})
    found = {target: by_id.get(key) or by_address.get(key.lower()) for target, key in keys.items()}
    return {target: row.name for target, row in found.items() if row is not None and row.name}


def override_for(speaking: Speaking, email: str | None, name: str | None) -> Override:
    """What `people:` says of somebody, found by address or, where there is none, by name."""
    return speaking.people.get((email or "").lower()) or speaking.people.get(name or "") or NOTHING


def _joined(rows: Iterable[Any]) -> Mapping[str, Any]:
    """address -> what any CRM tells of whoever has it; of several that tell it the first by id who still works."""
    found: dict[str, dict[str, str | None]] = {}
    for row in rows:
        if row.email and row.active:
            mine = found.setdefault(row.email, dict.fromkeys(_TOLD))
            mine.update((name, mine[name] or getattr(row, name)) for name in _TOLD)
    return {address: SimpleNamespace(**told) for address, told in found.items()}


def _person(
    row: Any, joined: Any, speaking: Speaking, by_address: dict[str, str], told: Mapping[str, Any]
) -> Person:  # fmt: skip
    said = override_for(speaking, row.email, row.name)
    language, zone = _habits(told, said.slack, row.email)
    return Person(
        key=row.id,
        name=row.name or row.external_id,
        email=row.email,
        active=row.active,
        manager=by_address.get(said.manager, said.manager) if said.manager else row.manager or joined.manager,
        team=said.team or row.team or joined.team,
        zone=said.zone or row.zone or joined.zone or zone,
        language=said.language or language or row.language or joined.language,
        alias=said.slack,
        by_mail=said.by_mail,
    )


def _configured(address: str, said: Override, by_address: dict[str, str], told: Mapping[str, Any]) -> Person:
    """Somebody whom no CRM knows: a manager outside it, a colleague of RevOps."""
    language, zone = _habits(told, said.slack, address)
    return Person(
        key=address,
        name=address,
        email=address,
        manager=by_address.get(said.manager, said.manager) if said.manager else None,
        team=said.team,
        zone=said.zone or zone,
        language=said.language or language,
        alias=said.slack,
        by_mail=said.by_mail,
    )


def _habits(told: Mapping[str, Any], alias: str | None, email: str | None) -> tuple[str | None, str | None]:
    """Language and zone as the messenger told them of somebody."""
    row = told.get(alias or "") or told.get(email or "")
    return (None, None) if row is None else (row.language, row.zone)


def called(db: Database, speaking: Speaking, text: str) -> tuple[frozenset[str], list[str]]:
    """The ids of the people whom a text names (an address, a name or an id, in any case), and all names there are.

    A text that is nobody's whole name names everybody whose name it is a part of.
    """
    with db.read() as conn:
        people_now = directory(conn, speaking)
    return named(people_now, text), sorted({one.name for one in people_now.people.values()})


def named(everybody: Directory, text: str) -> frozenset[str]:
    """The ids of those of a directory whom a text names, as `called` finds them."""
    wanted, some = text.strip().casefold(), everybody.people.values()
    exact = {one.key for one in some if wanted in _names(one)}
    return frozenset(exact or {one.key for one in some if wanted and wanted in one.name.casefold()})


def _names(person: Person) -> set[str]:
    return {name.casefold() for name in (person.key, person.name, person.email or "")}
