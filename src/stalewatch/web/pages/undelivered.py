"""`/undelivered`: the messages that reached nobody, why, and what lets them go on; and what is at a halt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Annotated, Final

from fastapi import Query, Request, Response

from stalewatch.delivery.wording import work_words as say
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.record_words import MARKS, said
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.routing import OPERATOR, UNDELIVERED
from stalewatch.services.reporting.pieces import Kind, Piece
from stalewatch.services.reporting.undelivered import Halt, Stray, Subject, Undelivered, undelivered
from stalewatch.web.asking import Reading
from stalewatch.web.desk import At
from stalewatch.web.pages import headlines
from stalewatch.web.pages.addresses import Address, of_record
from stalewatch.web.pages.paper import page

_LOOKS: Final = {"dead": ("late", MARKS["breached"]), "parked": ("risk", MARKS["cannot_judge"])}
"""The colour and the mark of a state; what is held, or at a halt, looks like what is on hold."""
_ON_HOLD: Final = ("hold", MARKS["paused"])


@dataclass(frozen=True, slots=True)
class About:
    """A deal or a lead that a message is about, the rule's title, and what is said of it."""

    name: str
    href: str
    what: str


@dataclass(frozen=True, slots=True)
class Row:
    """One message, or one thing at a halt, in words; `chip` is its state, with a colour and a mark."""

    since: str
    title: str
    about: tuple[About, ...]
    more: str
    reader: str
    state: str
    mark: str
    chip: str
    why: str
    advice: str
    command: str


def undelivered_page(request: Request, desk: At, _asked: Annotated[Reading, Query()]) -> Response:
    """What reached nobody: how many messages, and of each what, for whom, why, and what to do."""
    found, reader = undelivered(desk.project.db, visible=desk.visible(request)), desk.reader(request)
    titles = {rule.id: reader.pick(rule.title) for rule in desk.project.rulebook.rules.rules}
    words = _Words(reader, Address.of(request), titles)
    return page(
        request, "undelivered.html",
        here="undelivered", headline=headlines.undelivered(found, reader),
        rows=[words.stray(one) for one in found.strays], total=found.messages,
        halts=[words.halt(one) for one in found.halts],
        together=list(_together(found)),
    )  # fmt: skip


def _together(found: Undelivered) -> Iterator[tuple[str, int]]:
    """(command, how many) for those of which there are several."""
    for state, many in found.ended.items():
        if many > 1:
            yield f"stalewatch work retry --all --state {state}", many
    for reason, many in found.held.items():
        if many > 1:
            yield f"stalewatch work release --all --reason {quote(reason)}", many


@dataclass(frozen=True, slots=True)
class _Words:
    reader: Reader
    address: Address
    titles: Mapping[str, str]

    def stray(self, one: Stray) -> Row:
        more = self.reader.words.gettext("+{count} more").format(count=self.reader.number(one.more))
        return self._row(
            one.piece,
            title=self._title(one),
            about=tuple(self._about(subject) for subject in one.subjects),
            more=more if one.more else "",
            reader=self._name(one),
        )

    def _title(self, one: Stray) -> str:
        """What a message is that is about no record."""
        if one.is_review:
            return self.reader.words.gettext("a review")
        return "" if one.subjects else self.reader.words.gettext("a message to the operator")

    def halt(self, one: Halt) -> Row:
        words = self.reader.words
        waiting = words.ngettext("{count} destination waits", "{count} destinations wait", one.waiting)
        return self._row(
            one.piece,
            title=clean(one.service) or say.place(one.piece.key),
            more=waiting.format(count=self.reader.number(one.waiting)) if one.waiting else "",
        )

    def _row(
        self, piece: Piece, *, title: str, about: tuple[About, ...] = (), more: str = "", reader: str = ""
    ) -> Row:  # fmt: skip
        state, mark = _LOOKS.get(piece.state, _ON_HOLD) if piece.kind is Kind.DELIVERY else _ON_HOLD
        advice, word = self._advice(piece)
        named = piece.id if piece.kind in (Kind.NOTICE, Kind.DELIVERY) else quote(clean(piece.key))
        return Row(
            since="" if piece.since is None else moment(piece.since, self.reader),
            title=title, about=about, more=more, reader=reader, state=state, mark=mark,
            chip=say.what(piece.kind, piece.state, self.reader), why=say.why(piece.kind, piece.why, self.reader),
            advice=advice, command=f"stalewatch work {word} {named}",
        )  # fmt: skip

    def _about(self, one: Subject) -> About:
        title = self.titles.get(one.rule, clean(one.rule))
        what = self.reader.words.gettext("{title}: {figure}").format(title=title, figure=said(one.kind, self.reader))
        return About(
            name=clean(one.name) or clean(one.record),
            href=self.address.to(of_record(one.object, one.record)),
            what=what,
        )

    def _name(self, one: Stray) -> str:
        """For whom it was; "" if nobody is known."""
        if one.reader or one.piece.target == UNDELIVERED:
            return clean(one.reader)
        if one.piece.target == OPERATOR:
            return self.reader.words.gettext("the operator")
        return say.place(one.piece.target)

    def _advice(self, piece: Piece) -> tuple[str, str]:
        """What to do first, and the word that lets it go on then."""
        words = self.reader.words
        if piece.kind is Kind.DELIVERY:
            if piece.state == "parked":
                return words.gettext("To send it again, though somebody may read it twice:"), "retry"
            return words.gettext("When the cause is gone:"), "retry"
        if piece.kind is Kind.NOTICE:
            if piece.why == "nobody_left":
                return words.gettext("Name an address, a manager or a channel, then:"), "release"
            return words.gettext("If nothing is wrong with it:"), "release"
        if piece.state == "paused":
            return words.gettext("It is asked once a minute and goes on by itself; to try at once:"), "release"
        return words.gettext("When the cause is gone:"), "release"
