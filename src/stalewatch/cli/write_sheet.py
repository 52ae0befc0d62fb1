"""What `stalewatch deals write` prints: what would be written, and how writes ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.delivery.wording.write_words import kind_name, not_written, state_name
from stalewatch.services.writing.planning import Ended, Planned, Setting

_LONG = 200


def planned(record: Any, found: Sequence[Planned], reader: Reader) -> Iterator[str]:
    """What would be written into the CRM, and what could not be."""
    words = reader.words
    yield words.gettext("{name} ({id}): nothing was written. With --yes:").format(
        name=clean(record.name or record.external_id), id=record.id
    )
    for one in found:
        if one.is_possible:
            yield f"  {kind_name(one.kind, reader)}"
        else:
            yield f"  {kind_name(one.kind, reader)}: {_cannot(one, reader)}"
        yield from (f"    {_set(each)}" for each in one.sets)


def happened(record: Any, found: Sequence[Ended], reader: Reader) -> Iterator[str]:
    """How the writes ended, in the CRM's own words where it said no."""
    yield f"{clean(record.name or record.external_id)} ({record.id}):"
    for one in found:
        why = "" if one.state == "done" else f": {_why(one, reader)}"
        yield f"  {kind_name(one.kind, reader)}: {state_name(one.state, reader)}{why}"
        yield from (f"    {name}: {clean(str(value), _LONG)}" for name, value in (one.now or {}).items())


def _why(one: Ended, reader: Reader) -> str:
    if one.reason is not None:
        return not_written(one.reason, reader)
    return clean(one.said or "", _LONG)


def _cannot(one: Planned, reader: Reader) -> str:
    if one.why is not None:
        return reader.words.gettext("not allowed: {why}").format(why=not_written(one.why, reader))
    what = clean(one.lacks or "", _LONG)
    return reader.words.gettext("the CRM would not take it; it lacks: {what}").format(what=what)


def _set(one: Setting) -> str:
    name = one.ours if one.theirs in (None, one.ours) else f"{one.ours} ({one.theirs})"
    before = "" if one.before in (None, "") else f"{clean(str(one.before), _LONG)} → "
    return f"{name}: {before}{clean(str(one.after), _LONG)}"
