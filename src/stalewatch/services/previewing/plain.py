"""A preview and a difference as programs read them: what `--json` prints and the API answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.rule_changes import changes_in_words
from stalewatch.domain.instants import SECOND, shown
from stalewatch.domain.language.model import RuleSet
from stalewatch.domain.language.versions import RuleChange
from stalewatch.services.previewing.cases import Case, Reason
from stalewatch.services.previewing.difference import Counts, Difference, Moved, Turn
from stalewatch.services.previewing.fates import Fate
from stalewatch.services.previewing.known import Known
from stalewatch.services.previewing.preview import Asked, Figures, Preview
from stalewatch.services.rules.rulebook import Rulebook


def preview_data(found: Preview, asked: Asked, book: Rulebook, names: Known) -> dict[str, Any]:
    """Who is late or at risk by some rules, by owner, by rule, and the most urgent records. Times are RFC 3339."""
    owners = [
        {"owner": key, "owner_name": names.owner(key) or None, **asdict(figures)}
        for key, figures in sorted(found.owners.items(), key=lambda one: _weight(one[1]))
    ]
    return {
        "as_of": shown(asked.now, "UTC"),
        "until": shown(asked.until, "UTC"),
        "data_age_seconds": _seconds(found.ages),
        "judged": found.judged,
        "not_judged": dict(found.waiting),
        "storm": found.is_storm,
        "total": asdict(found.total),
        "owners": owners,
        "rules": [{"rule": rule, "mode": book.modes[rule].value, **asdict(one)} for rule, one in found.rules.items()],
        "records": [_case(case, names) for case in found.cases],
        "listed": found.listed,
    }


def difference_data(
    found: Difference, old: RuleSet, new: RuleSet, names: Known, reader: Reader, now: int
) -> dict[str, Any]:
    """What another version of the rules changes, in all, by owner, by rule, and clock by clock. Times are RFC 3339.

    Args:
        reader: in whose language the changes are said.
        now: the moment of the comparison, in microseconds since the epoch.
    """
    return {
        "as_of": shown(now, "UTC"),
        "data_age_seconds": _seconds(found.ages),
        "judged": found.judged,
        "different": not found.is_empty,
        "total": _counts(found.total),
        "owners": [
            {"owner": key, "owner_name": names.owner(key) or None, **_counts(one)}
            for key, one in sorted(found.owners.items(), key=lambda one: (-one[1].added, -one[1].removed, str(one[0])))
        ],
        "rules": [{"rule": rule, **_counts(one)} for rule, one in found.rules.items()],
        "changes": [_change(one, old, new, reader) for one in found.changes],
        "also_changed": list(found.beside),
        "records": [_moved(one, names) for one in found.moved],
        "farthest": {
            name: None if one is None else _moved(one, names)
            for name, one in (("earlier", found.earliest), ("later", found.latest))
        },
    }


def _case(case: Case, names: Known) -> dict[str, Any]:
    amount = names.amount(case.id)
    return {
        "id": case.id,
        "object": case.object,
        "name": names.name(case.id),
        "owner": case.owner,
        "owner_name": names.owner(case.owner) or None,
        "amount": None if amount is None else amount / 100,
        "stands": case.standing.word,
        "told": _fate(case.fate),
        "reasons": [_reason(reason, case.calendar.spec.zone) for reason in case.reasons],
    }


def _reason(reason: Reason, zone: str) -> dict[str, Any]:
    return {
        "rule": reason.rule.id,
        "subject": reason.subject,
        "state": reason.state.word,
        "due": shown(reason.due, zone),
        "limit": str(reason.rule.within[reason.limit].duration),
        "told": _fate(reason.fate),
    }


def _fate(fate: Fate | None) -> str | None:
    return None if fate is None else fate.name.lower()


def _moved(one: Moved, names: Known) -> dict[str, Any]:
    zone, amount = one.calendar.spec.zone, names.amount(one.record)
    return {
        "id": one.record,
        "object": one.object,
        "name": names.name(one.record),
        "owner": one.owner,
        "owner_name": names.owner(one.owner) or None,
        "amount": None if amount is None else amount / 100,
        "rule": one.rule.id,
        "subject": one.subject,
        "what": None if one.turn is None else one.turn.word,
        "was_due": None if one.old_due is None else shown(one.old_due, zone),
        "due": None if one.new_due is None else shown(one.new_due, zone),
    }


def _change(change: RuleChange, old: RuleSet, new: RuleSet, reader: Reader) -> dict[str, Any]:
    what = "added" if change.old is None else "removed" if change.new is None else "changed"
    said = changes_in_words([change], (), old, new, reader)
    return {"rule": change.id, "what": what, "was": change.was, "said": said}


def _counts(one: Counts) -> dict[str, int]:
    turns = {turn.word: one.turns.get(turn, 0) for turn in Turn}
    told = {"newly_told": one.newly_told, "newly_silent": one.newly_silent}
    return {"added": one.added, "removed": one.removed, **told, **turns, "earlier": one.earlier, "later": one.later}


def _seconds(ages: Mapping[str, int | None]) -> dict[str, int | None]:
    return {name: None if age is None else age // SECOND for name, age in ages.items()}


def _weight(one: Figures) -> tuple[int, int, int]:
    return -one.late, -one.at_risk, -one.soon
