"""The bar of filters above a list: every one of them a parameter of the URL, and no script needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import day, duration
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.delivery.wording.values import choice
from stalewatch.domain.language.durations import parse
from stalewatch.web.desk import Desk
from stalewatch.web.figures import Figures
from stalewatch.web.pages.addresses import Address
from stalewatch.web.pages.asking import DueSoonPage, StalledPage

FILTERS: Final = ("owner", "team", "pipeline", "stage", "rule", "severity", "min_amount", "connection", "q")
"""The parameters that leave only some of the records."""
SPANS: Final = ("3d", "7d", "14d", "30d", "5bd", "10bd")
_KEPT: Final = ("lang", "sort", "order", "limit", "stage", "connection", "min_amount", "day")
MORE: Final = ("object", "pipeline", "severity")
"""Those that are asked for less, behind a fold that is open while one of them is on."""

Option = tuple[str, str, bool]
"""Its value, what it says, and whether it is chosen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The form, and the filters that are on.

    Attributes:
        selects: parameter -> its label and options.
        kept: parameters that the form hands on as they are.
        active: what each filter that is on says, and the address without it.
        more: those of the selects that stand behind a fold. opened: one of them is on.
    """

    action: str
    q: str
    selects: Mapping[str, tuple[str, tuple[Option, ...]]]
    kept: Mapping[str, str]
    active: tuple[tuple[str, str, str], ...]
    clear: str
    more: tuple[str, ...]
    opened: bool


def bar_of_filters(
    desk: Desk, figures: Figures, asked: StalledPage | DueSoonPage, address: Address, reader: Reader
) -> Bar:
    """The filters of a list, with what can be chosen now; nobody is named whose records are hidden."""
    titles = {name: label for name, label in _labels(reader).items() if name in (*FILTERS, "day")}
    selects = dict(_selects(desk, figures, asked, reader))
    chosen = {name: value for name, value in address.asked.items() if name in titles}
    said = {"day": day(asked.day, reader)} if isinstance(asked, DueSoonPage) and asked.day else {}
    return Bar(
        action=address.path,
        q=asked.q or "",
        selects=selects,
        kept={name: value for name, value in address.asked.items() if name in _KEPT},
        active=tuple(
            (titles[name], said.get(name) or _said(selects, name, value), address.but(**{name: None}))
            for name, value in chosen.items()
        ),
        clear=address.but(**dict.fromkeys(chosen)),
        more=tuple(name for name in MORE if name in selects),
        opened=any(getattr(asked, name) is not None for name in MORE),
    )


def _labels(reader: Reader) -> Mapping[str, str]:
    words = reader.words
    return {
        "object": words.pgettext("filter", "Kind"),
        "within": words.pgettext("filter", "Within"),
        "day": words.pgettext("filter", "Day"),
        "owner": words.pgettext("filter", "Owner"),
        "team": words.pgettext("filter", "Team"),
        "pipeline": words.pgettext("filter", "Pipeline"),
        "stage": words.pgettext("filter", "Stage"),
        "rule": words.pgettext("filter", "Rule"),
        "severity": words.pgettext("filter", "Severity"),
        "min_amount": words.pgettext("filter", "Amount from"),
        "connection": words.pgettext("filter", "Connection"),
        "q": words.pgettext("filter", "Name"),
    }


def _selects(
    desk: Desk, figures: Figures, asked: StalledPage | DueSoonPage, reader: Reader
) -> Iterator[tuple[str, tuple[str, tuple[Option, ...]]]]:
    labels, found = _labels(reader), figures.choices(asked.object)
    offered: dict[str, Iterable[tuple[str, str]]] = {
        "owner": [(value, clean(name)) for value, name in found.owners],
        "team": [(team, clean(team)) for team in found.teams],
        "rule": _rules(desk, asked, reader),
        "object": _kinds(reader),
        "pipeline": [] if asked.leads else _pipelines(desk, reader),
        "severity": _severities(reader),
    }
    if isinstance(asked, DueSoonPage):
        spans = dict.fromkeys((*SPANS, asked.within))
        yield "within", (labels["within"], tuple((one, _length(one, reader), one == asked.within) for one in spans))
    for name, options in offered.items():
        value = getattr(asked, name)
        listed = dict(options)
        if value is not None:
            listed.setdefault(value, clean(value))  # chosen by hand in the URL: it is shown as it stands there
        if listed:
            everything = [] if name == "object" else [("", _all(reader), value is None)]
            rest = [(one, says, one == (value or "")) for one, says in listed.items()]
            yield name, (labels[name], (*everything, *rest))


def _length(span: str, reader: Reader) -> str:
    found = parse(span)
    return span if found is None else duration(found, reader)


def _all(reader: Reader) -> str:
    return reader.words.pgettext("filter", "all")


def _kinds(reader: Reader) -> list[tuple[str, str]]:
    words = reader.words
    return [
        ("", words.pgettext("filter", "all deals")),
        ("deal", words.pgettext("filter", "own deals")),
        ("partner_deal", words.pgettext("filter", "partner deals")),
        ("lead", words.pgettext("filter", "leads")),
    ]


def _pipelines(desk: Desk, reader: Reader) -> list[tuple[str, str]]:
    field = desk.project.rulebook.rules.catalogue.objects["deal"].get("pipeline")
    if field is None:
        return []
    return [(one, choice(one, field.value_titles.get(one, {}), reader)) for one in field.values]


def _rules(desk: Desk, asked: StalledPage | DueSoonPage, reader: Reader) -> list[tuple[str, str]]:
    objects = {"deal", "partner_deal"} if asked.object is None else {asked.object}
    watching = [rule for rule in desk.project.rulebook.by_id.values() if rule.watch in objects]
    return sorted(((rule.id, reader.pick(rule.title) or rule.id) for rule in watching), key=lambda one: one[1])


def _severities(reader: Reader) -> list[tuple[str, str]]:
    words = reader.words
    return [
        ("critical", words.pgettext("severity", "critical")),
        ("warning", words.pgettext("severity", "warning")),
        ("info", words.pgettext("severity", "info")),
    ]


def _said(selects: Mapping[str, tuple[str, tuple[Option, ...]]], name: str, value: str) -> str:
    """What a value is called where it can be chosen; else the value."""
    options = selects[name][1] if name in selects else ()
    return next((says for one, says, _ in options if one == value), clean(value))
