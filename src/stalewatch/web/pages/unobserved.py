"""`/unobserved`: the leads that ended without ever becoming a deal, and of which nobody noted why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from babel.dates import format_skeleton
from fastapi import Query, Request, Response
from markupsafe import Markup, escape

from stalewatch.delivery.wording import unobserved_words as say
from stalewatch.delivery.wording.list_words import as_of
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import day, moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.services.measuring import paged
from stalewatch.services.measuring.lead_ends import Fate
from stalewatch.services.measuring.unobserved import Group, Unobserved
from stalewatch.web.desk import At, Desk
from stalewatch.web.measured import AskedUnobserved, Seen, unobserved_csv
from stalewatch.web.pages import charts, headlines
from stalewatch.web.pages.addresses import Address
from stalewatch.web.pages.files import table_file
from stalewatch.web.pages.forecast import Figure
from stalewatch.web.pages.narrowing import narrowing
from stalewatch.web.pages.paper import page
from stalewatch.web.pages.rows import Named, named

_REASON: Final = "unconverted_reason"


@dataclass(frozen=True, slots=True)
class Row:
    """One lead that vanished untagged, in words."""

    of: Named
    source: str
    ending: str
    entered: str
    heard: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a table."""

    name: str
    entered: str
    ended: str
    lost: str
    share: str


def unobserved_page(request: Request, desk: At, asked: Annotated[AskedUnobserved, Query()]) -> Response:
    """What became of the leads that came in: by reason, source, owner and month, and those that vanished untagged."""
    seen, reader, address = Seen(request, desk), desk.reader(request), Address.of(request)
    found = seen.unobserved(asked)
    words, bar = _Words(desk, found, reader, address), narrowing(request, desk, "lead", pipelines=False)
    items, following = paged.page(found.untagged, asked.limit, asked.next)
    return page(
        request, "unobserved.html", here="unobserved", sentence=words.headline(), filters=bar,
        scope=(*bar.scope, words.days(), words.made()), outdated=headlines.outdated(found.waiting, reader),
        frm=found.frm.isoformat(), to=found.to.isoformat(), entered=found.all.entered, cards=words.cards(),
        reasons=words.reasons(), chart_of_months=words.chart(), sources=[words.entry(one) for one in found.by_source],
        owners=[words.entry(one) for one in found.by_owner], teams=[words.entry(one) for one in found.by_team],
        unreadable=reader.number(found.all.unreadable) if found.all.unreadable else "", many=found.all.unreadable,
        rows=[words.row(one) for one in items], count=len(found.untagged),
        following=None if following is None else address.but(next=following),
        first=address.but() if asked.next else None, csv=address.but("/unobserved.csv"),
    )  # fmt: skip


def unobserved_file(request: Request, desk: At, asked: Annotated[AskedUnobserved, Query()]) -> Response:
    """The leads that vanished untagged, as CSV."""
    text = unobserved_csv(Seen(request, desk).unobserved(asked), desk.zone)
    return table_file(text, "unobserved")


@dataclass(frozen=True, slots=True)
class _Words:
    desk: Desk
    found: Unobserved
    reader: Reader
    address: Address

    def headline(self) -> Markup:
        counted = self.found.all
        said = say.vanished(counted.unobserved, counted.entered, self.reader)
        lost = Markup('<em class="late">{}</em>').format(self.reader.number(counted.unobserved))
        return escape(said).format(lost=lost, entered=self.reader.number(counted.entered))

    def days(self) -> str:
        said = self.reader.words.gettext("came in from {first} to {last}")
        return said.format(first=day(self.found.frm, self.reader), last=day(self.found.to, self.reader))

    def made(self) -> str:
        age = self.found.data_age_seconds
        if age is None:
            return self.reader.words.gettext("No connection has been read yet: `stalewatch run --once` reads them all.")
        return as_of(self.found.as_of, age, self.reader)

    def cards(self) -> list[Figure]:
        words, counted = self.reader.words, self.found.all
        parts = (
            (words.gettext("Vanished without a reason"), counted.unobserved),
            (words.gettext("Ended without a deal"), counted.ended),
            (words.gettext("Became a deal"), counted.deals),
            (words.gettext("Still under way"), counted.open),
        )
        base = words.ngettext("of {count} lead", "of {count} leads", counted.entered)
        note = base.format(count=self.reader.number(counted.entered))
        return [Figure(label, self.reader.number(many), self.share(many), note) for label, many in parts]

    def share(self, many: int) -> str:
        return self.reader.percent(many / self.found.all.entered) if self.found.all.entered else ""

    def reasons(self) -> list[tuple[str, str, bool]]:
        """(reason, how many, whether it is none) of those that ended, and how the untagged ended."""
        field = self.desk.project.rulebook.rules.catalogue.objects["lead"].get(_REASON)
        titles = field.value_titles if field else {}
        return [
            (say.tag(key, titles, self.reader), self.reader.number(many), key == "none")
            for key, many in self.found.tags.items()
        ]

    def chart(self) -> charts.Chart:
        words, months = self.reader.words, self.found.by_month
        return charts.stacked(
            [
                charts.Series(words.gettext("Ended with a reason, or a deal, or under way"),
                              [one.tally.entered - one.tally.unobserved for one in months]),
                charts.Series(words.gettext("Vanished without a reason"),
                              [one.tally.unobserved for one in months], "late"),
            ],
            [self.month(one.key) for one in months],
            title=words.gettext("Leads by the month in which they came in"), unit="count", reader=self.reader,
        )  # fmt: skip

    def month(self, key: str) -> str:
        year, _, number = key.partition("-")
        return format_skeleton("yMMM", self.found.to.replace(int(year), int(number), 1), locale=self.reader.locale)

    def entry(self, one: Group) -> Entry:
        tally, number = one.tally, self.reader.number
        share = self.reader.percent(tally.share) if tally.share is not None else "–"
        name = clean(one.name) or self.reader.words.gettext("not known")
        return Entry(name, number(tally.entered), number(tally.ended), number(tally.unobserved), share)

    def row(self, one: Fate) -> Row:
        return Row(
            of=named(one, "lead", self.address, self.reader),
            source=clean(one.source or ""), ending=say.ending(one.ending or "", self.reader),
            entered=moment(one.entered_at, self.reader, timed=False),
            heard=moment(one.heard_at, self.reader, timed=False),
        )  # fmt: skip
