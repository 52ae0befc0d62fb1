"""The Salesforce connector: describe, check and pull over one transport."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from stalewatch.sdk.connector import ConnectionSettings, Connector, Cursor, Description, Finding, Page
from stalewatch.sdk.errors import ConnectorError, Refused, TryLater
from stalewatch.sdk.writing import Change, Written
from stalewatch_salesforce import doctor
from stalewatch_salesforce.coverage import describe
from stalewatch_salesforce.discovery import discover
from stalewatch_salesforce.options import read_options
from stalewatch_salesforce.org import Org
from stalewatch_salesforce.place import digest_of, parse
from stalewatch_salesforce.pulling import Memory, Puller
from stalewatch_salesforce.reading import Reading
from stalewatch_salesforce.transport import Pace, Transport, code_of
from stalewatch_salesforce.writable import Names, names_of, writing_of
from stalewatch_salesforce.writing import Writer

_DAY: Final = timedelta(days=1)
_CHANGED: Final = frozenset({"INVALID_FIELD", "INVALID_TYPE"})
_TOO_LARGE: Final = "OPERATION_TOO_LARGE"


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
        self.transport = Transport(self._options, settings.now, pace)
        self._org: Org | None = None
        self._memory = Memory()
        self._blind: dict[str, tuple[str, datetime]] = {}
        self._names: Names | None = None

    def __repr__(self) -> str:
        return f"SalesforceConnector({self._settings.id} at {self._options.auth.login_url})"

    def describe(self) -> Description:
        """Tell what this org can feed, by its describes and by whether mails are seen at all.

        Raises:
            TryLater: it does not answer.
            NeedsReconnect: the login is refused, or opportunities may not be read.
        """
        told = describe(self._known(), self._options, reads_leads=self._reads_leads)
        if not self._options.writes:
            return told
        return replace(told, writing=writing_of(self._known(), self._options, self._called()))

    def check(self) -> list[Finding]:
        """Log in, describe everything and tell what is missing, each with its cure."""
        try:
            self._org = None
            reading = self._reading()
            return doctor.findings(reading, self._settings.now())
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
        digest = digest_of(self._settings)
        reading = self._reading()
        puller = Puller(reading, self._memory)
        if full or before is None or before.digest != digest or before.unread - reading.unread:
            # What can be read now and could not be before has a past that no window shows.
            pages = puller.everything(puller.begin(digest).moved(unread=reading.unread), is_fresh=True)
        elif before.left is not None:
            pages = puller.everything(before.moved(unread=reading.unread), is_fresh=False)
        else:
            pages = puller.cycle(before.moved(unread=reading.unread))
        try:
            yield from pages
        except Refused as error:
            raise self._explained(error) from error

    # --------------------------------------------------------------------------------------------- writing back

    def write_back(self, change: Change) -> Written:
        """Write a change with one request; raises as the SDK says."""
        return self._writer().write(change)

    def written(self, change: Change) -> Written | None:
        """Look what became of a change whose answer was lost; raises as the SDK says."""
        return self._writer().look(change)

    def _writer(self) -> Writer:
        org = self._known()
        return Writer(self.transport, org, self._options, self._called())

    def _called(self) -> Names:
        """What the org calls lost stages and tasks that are done; asked once a day, by who writes."""
        known = self._names
        if known is None or self.transport.server_now() - known.read_at >= _DAY:
            self._names = known = names_of(self.transport, self._options)
        return known

    # ------------------------------------------------------------------------------------------------- the org

    def _reading(self) -> Reading:
        return Reading(self._settings, self._options, self.transport, self._known())

    @property
    def _reads_leads(self) -> bool:
        return not self._settings.reads or bool(self._settings.reads.get("lead"))

    def _known(self) -> Org:
        """What the org has; asked once a day."""
        known = self._org
        if known is None or self.transport.server_now() - known.read_at >= _DAY:
            known = self._tries_again(known)
            lead = self._options.lead
            self._org = known = discover(
                self.transport, self._options.deal.fields.values(), known, lead.from_teams,
                lead.fields.values() if self._reads_leads else None,
            )  # fmt: skip
            for name, (words, _) in self._blind.items():
                known.objects.pop(name, None)
                known.refused[name] = words
        return known

    def _tries_again(self, known: Org | None) -> Org | None:
        """What was known, unless something in it was too large to be read a day ago: somebody may have allowed more."""
        now = self.transport.server_now()
        old = [name for name, (_, at) in self._blind.items() if now - at >= _DAY]
        for name in old:
            del self._blind[name]
        return None if old else known

    def _explained(self, error: Refused) -> ConnectorError:
        """What to make of a query that was refused: describe again, or go on without what may not be read."""
        code = code_of(error)
        if code in _CHANGED:
            self._org = None
            return TryLater(f"the org's fields changed while we read: {error.what}")
        if code == _TOO_LARGE:
            name = str(error.__dict__.get("object", ""))
            self._blind[name] = (error.what, self.transport.server_now())
            self._org = None
            return TryLater(
                f"{name} cannot be read without “View All Data”: what it shows counts as unknown from now on",
                cure="Give the integration user “View All Data”, or a sharing rule for activities.",
            )
        return error
