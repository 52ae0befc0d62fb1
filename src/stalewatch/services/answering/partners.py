"""What the doors ask for partners: a report by the API or by a link, and the links themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stalewatch.domain.partner_reports import PartnerReport
from stalewatch.services.answering import partner_links, partner_reports
from stalewatch.services.answering.link_tokens import Purpose, Signer
from stalewatch.services.answering.partner_links import NotForPartners, PartnerLink
from stalewatch.services.answering.public_links import Opened, PublicLinks, revoke
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import records
from stalewatch.store.engine import Connection, Database
from stalewatch.store.visibility import Visible


class NoReport(Exception):  # an answer, raised where it is found
    """No partner can report of this record; `why` says for what reason."""

    def __init__(self, why: NotForPartners) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Partners:
    """Takes reports and makes links, each in a transaction of its own.

    Attributes:
        signer: knows the links that are ours; None: none can be.
        links: makes them; None: nobody could open one.
    """

    db: Database
    book: Rulebook
    signer: Signer | None = field(repr=False)
    links: PublicLinks | None = field(repr=False)

    @property
    def phases(self) -> dict[str, dict[str, str]]:
        """The values of the phase with their titles per language."""
        return partner_reports.phases_of(self.book)

    def look(self, token: str, now: int) -> Opened:
        """What a link leads to. Nothing is stored."""
        with self.db.read() as conn:
            return partner_links.open_form(conn, self.signer, token, now)

    def send(self, token: str, report: PartnerReport, now: int) -> Opened:
        """Keep a report that came by a link, unless the link leads nowhere.

        Raises:
            RulesMoved: nothing was kept; it can be sent again soon.
        """
        with self.db.write() as conn:
            found = partner_links.open_form(conn, self.signer, token, now)
            if found.trouble is None:
                by, link = f"partner ({found.link.id})", found.link.id
                partner_reports.take(conn, self.book, found.record, report, actor=by, now=now, link=link)
            return found

    def report(
        self, deal: str, report: PartnerReport, *, actor: str, now: int, visible: Visible | None
    ) -> tuple[Any, bool]:
        """Keep a report; answers with the deal's row as it is now, and whether anything was new.

        Args:
            visible: what whoever reports may see; None: everything.

        Raises:
            NoReport: there is no such deal to be seen, or it is none of a partner's, or closed.
            RulesMoved: as in `send`.
        """
        with self.db.write() as conn:
            record = _open_deal(conn, deal, visible)
            new = partner_reports.take(conn, self.book, record, report, actor=actor, now=now)
            return records.read_by_ids(conn, record.object, [record.id])[0], new

    def make_link(self, deal: str, *, actor: str, now: int, language: str, visible: Visible | None) -> PartnerLink:
        """A new link for the partner of a deal; it is shown this once.

        Raises:
            NoReport: as in `report`, or nobody could open it.
        """
        if self.links is None:
            raise NoReport(NotForPartners.NO_LINKS)
        with self.db.write() as conn:
            record = _open_deal(conn, deal, visible)
            return partner_links.make(conn, self.links, record, actor=actor, now=now, language=language)

    def revoke_links(self, deal: str, *, actor: str, now: int, visible: Visible | None) -> int:
        """End every link of a deal's partner; returns how many were alive.

        Raises:
            NoReport: there is no such deal to be seen.
        """
        with self.db.write() as conn:
            return revoke(conn, Purpose.PARTNER, _deal(conn, deal, visible).id, actor=actor, now=now)


def _deal(conn: Connection, deal: str, visible: Visible | None) -> Any:
    found = records.read_by_ids(conn, partner_reports.OBJECT, [deal], visible=visible)
    if not found:
        raise NoReport(NotForPartners.NOT_FOUND)
    return found[0]


def _open_deal(conn: Connection, deal: str, visible: Visible | None) -> Any:
    record = _deal(conn, deal, visible)
    why = partner_links.why_not(record)
    if why is not None:
        raise NoReport(why)
    return record
