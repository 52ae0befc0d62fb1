"""Why a clock has no deadline: closed, not about this record, nothing to count from, done, or it cannot be judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.explain import Clause, Explanation, StartedBy
from stalewatch.domain.language.model import Words

_LONG: Final = 300


def why_silent(explanation: Explanation, reader: Reader) -> str:
    """Why there is no deadline; "" for a clock that runs, which its due time tells."""
    match explanation.state:
        case "cannot_judge":
            return " · ".join(_unjudged(explanation, reader))
        case "excepted":
            return _excepted(explanation, reader)
        case "not_applicable":
            return _not_about(explanation, reader)
        case "no_clock":
            return _unstarted(explanation, reader)
        case "satisfied":
            return _done(explanation, reader)
    return reader.words.gettext("closed") if explanation.state == "closed" else ""


def _not_about(explanation: Explanation, reader: Reader) -> str:
    if not explanation.wanted:
        return reader.words.gettext("this rule is not about this record")
    said = reader.words.gettext("this rule is not about this record, it would need: {clauses}")
    return said.format(clauses=_clauses(explanation.wanted, reader))


def _done(explanation: Explanation, reader: Reader) -> str:
    if not explanation.met:
        return reader.words.gettext("done")
    return reader.words.gettext("done: {clauses}").format(clauses=_clauses(explanation.met, reader, is_so=True))


def _unjudged(explanation: Explanation, reader: Reader) -> Iterator[str]:
    """Which fields cannot be told, and what to do about it."""
    words, where = reader.words, clean(explanation.connection)
    fields = reader.listed([reader.pick(each) for each in explanation.unreadable])
    if not fields:
        yield words.gettext("cannot be judged")
    else:
        yield _unread(explanation, reader).format(fields=fields, connection=where)
    if explanation.needed_by_exception and explanation.excepted_because:
        yield words.gettext("exception: {because}").format(because=clean(explanation.excepted_because, 200))
    if explanation.unmapped:
        yield words.gettext("map {names}").format(names=reader.listed(explanation.unmapped))
    if explanation.scopes:
        yield words.gettext("grant {scopes}").format(scopes=reader.listed([clean(one) for one in explanation.scopes]))


def _unread(explanation: Explanation, reader: Reader) -> str:
    """What is said of the fields that cannot be read, whoever needs them."""
    words = reader.words
    match bool(clean(explanation.connection)), explanation.needed_by_exception:
        case False, False:
            return words.gettext("cannot be judged: {fields} cannot be read")
        case False, True:
            return words.gettext("cannot be judged: {fields} cannot be read, and an exception depends on it")
        case True, False:
            return words.gettext("cannot be judged: {fields} cannot be read from {connection}")
    return words.gettext("cannot be judged: {fields} cannot be read from {connection}, and an exception depends on it")


def _unstarted(explanation: Explanation, reader: Reader) -> str:
    words = reader.words
    if explanation.wanted:
        said = words.gettext("no clock, it starts when: {clauses}")
        return said.format(clauses=_clauses(explanation.wanted, reader))
    if not explanation.started_by or explanation.start in (StartedBy.CONDITION, StartedBy.FIELDS):
        return words.gettext("no clock: nothing to count from")
    what = reader.listed([reader.pick(each) for each in explanation.started_by])
    if explanation.start is StartedBy.EVENT:
        return words.gettext("no clock, it starts with: {what}").format(what=what)
    return words.gettext("no clock: {fields} not set").format(fields=what)


def _clauses(clauses: tuple[Clause, ...], reader: Reader, *, is_so: bool = False) -> str:
    """Conditions with the values that decide them; of one that holds what is empty goes without saying."""
    return "; ".join(_clause(one, reader, is_so=is_so) for one in clauses)


def _clause(clause: Clause, reader: Reader, *, is_so: bool) -> str:
    words, said = reader.words, _whole(clause.said, reader)
    nothing = words.pgettext("a field without a value", "not set")
    values = [(title, reader.pick(value) if value else nothing) for title, value in clause.values if value or not is_so]
    if not values:
        return said
    pair = words.gettext("{title}: {figure}")
    several = len(values) > 1
    shown = [pair.format(title=reader.pick(title), figure=value) if several else value for title, value in values]
    whole = words.gettext("{clause} ({values})") if is_so else words.gettext("{clause} (now: {values})")
    return whole.format(clause=said, values=", ".join(shown))


def _excepted(explanation: Explanation, reader: Reader) -> str:
    words, because = reader.words, clean(explanation.excepted_because, 200)
    if explanation.excepted_until is None:
        return words.gettext("excepted")
    until = moment(explanation.excepted_until - 1, reader, explanation.zone, timed=False)
    if not because:
        return words.gettext("excepted through {date}").format(date=until)
    return words.gettext("excepted through {date}: {because}").format(date=until, because=because)


def _whole(words: Words, reader: Reader) -> str:
    """A condition may be longer than a title."""
    return clean(words.get(reader.language) or words.get("en", ""), _LONG)
