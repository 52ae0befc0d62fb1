"""The Salesforce connector: describe, check and pull over one transport."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar, Final

from stalewatch.sdk.connector import ConnectionSettings, Connector, Cursor, Description, Finding, Page
from stalewatch.sdk.errors import ConnectorError
from stalewatch.sdk.writing import Change, Written
from stalewatch_salesforce import doctor
from stalewatch_salesforce.asking import Asking
from stalewatch_salesforce.coverage import describe
from stalewatch_salesforce.discovery import discover
from stalewatch_salesforce.looking import Looker
from stalewatch_salesforce.options import read_options
from stalewatch_salesforce.org import Org, without
from stalewatch_salesforce.place import digest_of, parse
from stalewatch_salesforce.pulling import Memory, Puller
from stalewatch_salesforce.reading import Reading
from stalewatch_salesforce.remedies import Remedies
from stalewatch_salesforce.transport import Pace, Transport
from stalewatch_salesforce.writable import Names, names_of, writing_of
from stalewatch_salesforce.writing import LASTS, Writer

_DAY: Final = timedelta(days=1)


class SalesforceConnector(Connector):
    """Reads one org through the REST API."""

    type: ClassVar[str] = "salesforce"

    def __init__(self, settings: ConnectionSettings, pace: Pace | None = None) -> None:
        """Read the options; nothing is called.

        Raises:
            ConfigurationError: naming the option that cannot be used.
        """
        self._settings = settings
        self._options = read_options(settings)
        self.transport = Transport(self._options, settings, pace)
        self._org: Org | None = None
        self._memory = Memory()
        self._names: Names | None = None

    def __repr__(self) -> str:
        return f"SalesforceConnector({self._settings.id} at {self._options.auth.login_url})"

    def describe(self) -> Description:
        """Tell what this org can feed, by its describes and by whether mails are seen at all.

        Raises:
            TryLater: it does not answer.
            NeedsReconnect: the login is refused, or opportunities may not be read.
        """
        return self.describe_at(None)

    def describe_at(self, cursor: Cursor | None) -> Description:
        """The same of what was read up to a cursor: what could not be read until now feeds nothing yet.

        Raises:
            TryLater, NeedsReconnect, BadCursor: as `describe` and `pull`.
        """
        missing = {name: words for name, (words, _) in self._memory.refused.items()}
        if cursor is not None:
            place = parse(cursor)
            is_same = place.digest == digest_of(self._settings)
            missing = {name: words for name, words in place.missing.items() if is_same or words}
        org = without(self._known(), missing)
        told = describe(org, self._options, reads_leads=self._reads_leads)
        if not self._options.writes:
            return told
        return replace(told, writing=writing_of(self._known(), self._options, self._called()))

    def check(self) -> list[Finding]:
        """Log in, describe everything and tell what is missing, each with its cure."""
        try:
            self._org = None
            return doctor.findings(Reading(self._asking()), self._settings.now())
        except ConnectorError as error:
            return [doctor.failure(self._options, error)]

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        """Yield what changed since `cursor`; the first reading can be taken up after any of its pages.

        Raises:
            TryLater: a passing fault, a spent quota, or a schema that changed under us.
            NeedsReconnect: a person has to act.
            BadCursor: begin again without a cursor.
        """
        before = None if cursor is None else parse(cursor)
        digest, puller = digest_of(self._settings), self._puller()
        if full or before is None or before.digest != digest:
            pages = puller.everything(puller.begin(digest, before), is_fresh=True)
        elif before.is_beginning:
            pages = puller.everything(before, is_fresh=False)
        else:
            pages = Looker(puller).cycle(before)
        yield from pages

    def reread(self, wanted: Collection[str], cursor: Cursor) -> Iterator[Page]:
        """Yield deals that are shown again, with their past and everything around them; raises as `pull`."""
        yield from Looker(self._puller()).again(wanted, parse(cursor))

    # --------------------------------------------------------------------------------------------- writing back

    def write_back(self, change: Change) -> Written:
        """Write a change with one request; raises as the SDK says."""
        by = self.transport.deadline(LASTS)
        return self._writer(by).write(change)

    def written(self, change: Change) -> Written | None:
        """Look what became of a change whose answer was lost; raises as the SDK says."""
        by = self.transport.deadline(LASTS)
        return self._writer(by).look(change)

    def _writer(self, by: float) -> Writer:
        """A writer that is done by a moment; what the org has to be asked before counts."""
        return Writer(self.transport, self._known(), self._options, self._called(), by)

    def _called(self) -> Names:
        """What the org calls lost stages and tasks that are done; asked once a day, by who writes."""
        known = self._names
        if known is None or self.transport.server_now() - known.read_at >= _DAY:
            self._names = known = names_of(self.transport, self._options)
        return known

    # ------------------------------------------------------------------------------------------------- the org

    def _puller(self) -> Puller:
        asking = self._asking()
        reading = Reading(asking, self._memory.merged or {})
        return Puller(reading, self._memory, Remedies(asking))

    def _asking(self) -> Asking:
        return Asking(self._settings, self._options, self.transport, self._known(), self._discovered)

    def _known(self) -> Org:
        """What the org has; asked once a day, and later while others need what is left of the quota."""
        known, is_tight = self._org, self.transport.quota.is_tight
        if known is None or (self.transport.server_now() - known.read_at >= _DAY and not is_tight):
            return self._discovered()
        return known

    def _discovered(self) -> Org:
        """What the org has by now; what is unchanged is not told again."""
        lead = self._options.lead
        self._org = discover(
            self.transport, self._options.deal.fields.values(), self._org, lead.from_teams,
            lead.fields.values() if self._reads_leads else None,
        )  # fmt: skip
        if self._memory.merged is None:
            self._memory.merged = self._org.merged
        return self._org

    @property
    def _reads_leads(self) -> bool:
        return not self._settings.reads or bool(self._settings.reads.get("lead"))
