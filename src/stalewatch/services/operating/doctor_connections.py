"""What `stalewatch doctor` says of how a connection was read, and of the rules that cannot judge on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stalewatch.domain.instants import HOUR, MINUTE
from stalewatch.domain.language.model import RuleSet
from stalewatch.sdk.connector import Description, Finding, Level
from stalewatch.services.operating.connection_state import ConnectionState, State
from stalewatch.services.operating.doctor_words import say
from stalewatch.services.rules.coverage import Judgeable, described

_DAYS: Final = 48 * HOUR


def of_state(found: ConnectionState, language: str) -> Iterator[Finding]:
    """When it was read, how old its data is, why reading failed, and what had to be left out, by reason."""
    cure = say(language, "sync_it", connection=found.id)
    if found.last_sync_at is None:
        yield Finding(subject=found.id, level=Level.OK, message=say(language, "never_synced"), cure=cure)
    if found.error:
        message = say(language, "last_error", error=found.error)
        yield Finding(subject=found.id, level=Level.WARNING, message=message, cure=cure)
    if found.state is State.PARKED:
        yield Finding(
            subject=found.id, level=Level.ERROR, message=say(language, "parked"), cure="stalewatch work release"
        )
    if found.data_age is not None:
        yield _age(found, language)
    for reason, many in found.left_out.items():
        message = say(language, "rejected", count=many, reason=reason)
        yield Finding(subject=found.id, level=Level.WARNING, message=message, cure=say(language, "correct_rows"))


def _age(found: ConnectionState, language: str) -> Finding:
    age = _shown(found.data_age or 0, language)
    if found.most_age is None or (found.data_age or 0) <= found.most_age:
        return Finding(subject=f"{found.id} last sync", level=Level.OK, message=say(language, "data_age", age=age))
    message = say(language, "data_too_old", age=age, most=_shown(found.most_age, language))
    cure = say(language, "read_more", connection=found.id)
    return Finding(subject=f"{found.id} last sync", level=Level.WARNING, message=message, cure=cure)


def _shown(age: int, language: str) -> str:
    if age < 2 * HOUR:
        return say(language, "minutes", many=age // MINUTE)
    return say(language, "hours", many=age // HOUR) if age < _DAYS else say(language, "days", many=age // (24 * HOUR))


def advised(found: Judgeable, rules: RuleSet, description: Description, language: str) -> Iterator[str]:
    """What would enable the rules that cannot judge: permissions to grant, then fields to map."""
    watches = {rule.id: described(rule.watch) for rule in rules.rules}
    grants: dict[tuple[str, ...], list[str]] = {}
    maps: list[str] = []
    for names, some in found.advice():
        for obj in dict.fromkeys(watches[rule] for rule in some):
            mine = [rule for rule in some if watches[rule] == obj]
            told = description.missing.get(obj, {})
            lacking = tuple(dict.fromkeys(scope for name in names for scope in told.get(name, ())))
            if lacking:
                grants.setdefault(lacking, []).extend(mine)
            else:
                maps.append(say(language, "map_for", fields=", ".join(names), rules=", ".join(mine)))
    for lacking, enabled in grants.items():
        yield say(language, "grant_for", lacking=", ".join(lacking), rules=", ".join(enabled))
    yield from maps
