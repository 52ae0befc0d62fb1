"""The few filters of a page of figures: whose, of which team and pipeline. Each is a parameter of the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.delivery.wording.values import choice
from stalewatch.web.desk import Desk
from stalewatch.web.figures import figures_of
from stalewatch.web.pages.addresses import Address

_ASIDE: Final = ("limit", "next")
"""Parameters that a form does not hand on: another question begins at the first page."""

Option = tuple[str, str, bool]
"""Its value, what it says, and whether it is chosen."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The form, and what it says of the figures.

    Attributes:
        selects: parameter -> its label and options.
        kept: parameters that the form hands on as they are.
        scope: what is chosen, in words, as the line below a headline says it.
        clear: the address without any of it; "" if nothing is chosen.
    """

    action: str
    selects: Mapping[str, tuple[str, tuple[Option, ...]]]
    kept: Mapping[str, str]
    scope: tuple[str, ...]
    clear: str


def narrowing(
    request: Request, desk: Desk, obj: str | None, *, pipelines: bool, owners: bool = True
) -> Narrowing:  # fmt: skip
    """The filters of a page of figures, with what the reader may choose now; teams always are one."""
    address, reader = Address.of(request), desk.reader(request)
    words, found = reader.words, figures_of(request).choices(obj)
    offered: dict[str, tuple[str, list[tuple[str, str]]]] = {
        "owner": (words.pgettext("filter", "Owner"), [(value, clean(name)) for value, name in found.owners]),
        "team": (words.pgettext("filter", "Team"), [(team, clean(team)) for team in found.teams]),
    }
    if not owners:
        offered.pop("owner")
    if pipelines:
        offered["pipeline"] = (words.pgettext("filter", "Pipeline"), _pipelines(desk, reader))
    selects, scope = {}, []
    for name, (label, options) in offered.items():
        value = address.asked.get(name, "")
        listed = dict(options)
        if value:
            listed.setdefault(value, clean(value))  # chosen by hand in the URL: it is shown as it stands there
            scope.append(f"{label}: {listed[value]}")
        if listed:
            everything = (("", words.pgettext("filter", "all"), not value),)
            selects[name] = (label, (*everything, *((one, said, one == value) for one, said in listed.items())))
    if address.asked.get("connection"):
        scope.append(f"{words.pgettext('filter', 'Connection')}: {clean(address.asked['connection'])}")
    named = {*offered, "connection"} & address.asked.keys()
    kept = {name: value for name, value in address.asked.items() if name not in (*selects, *_ASIDE)}
    clear = address.but(**dict.fromkeys(named)) if named else ""
    return Narrowing(address.path, selects, kept, tuple(scope), clear)


def _pipelines(desk: Desk, reader: Reader) -> list[tuple[str, str]]:
    field = desk.project.rulebook.rules.catalogue.objects["deal"].get("pipeline")
    values = () if field is None else field.values
    return [(one, choice(one, field.value_titles.get(one, {}), reader)) for one in values if field is not None]
