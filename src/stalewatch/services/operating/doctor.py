"""`stalewatch doctor`: looks at everything a project stands on, and says of each what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from stalewatch.clock import Clock
from stalewatch.delivery.by_address import services
from stalewatch.domain.calendar_spec import Spec
from stalewatch.domain.durations import elapsed
from stalewatch.domain.instants import shown, to_us
from stalewatch.domain.language.model import Mode
from stalewatch.sdk.connector import Connector, Finding, Level
from stalewatch.sdk.errors import StalewatchError
from stalewatch.sdk.notifier import Notifier
from stalewatch.services.judging import in_force
from stalewatch.services.operating.connection_state import ConnectionState, states
from stalewatch.services.operating.doctor_connections import advised, of_state
from stalewatch.services.operating.doctor_mapping import of_mapping
from stalewatch.services.operating.doctor_words import say
from stalewatch.services.operating.doctor_writing import of_writing
from stalewatch.services.rules.coverage import judgeable
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.rules.rulefiles import Checked
from stalewatch.services.syncing import noticing
from stalewatch.services.syncing.vault import unopened
from stalewatch.services.telling import outages
from stalewatch.settings import Settings
from stalewatch.store import connections, migrate
from stalewatch.store.engine import Database

_MOST_ADVICE = 5


@dataclass(frozen=True, slots=True)
class Doctor:
    """Looks; a part that cannot be made is a finding, not the end.

    Attributes:
        book: None if the configuration or the rules have errors.
        open_database, connector, notifier: make the part, or raise.
        states: how each connection stood when it was looked at, by id.
    """

    settings: Settings
    checked: Checked
    book: Rulebook | None
    language: str
    open_database: Callable[[], Database]
    connector: Callable[[str], Connector]
    notifier: Callable[[], Notifier]
    clock: Clock
    states: dict[str, ConnectionState] = field(default_factory=dict)

    def look(self) -> Iterator[Finding]:
        """Everything, in the order in which it depends on each other."""
        yield self._configuration()
        if self.book is None:
            return
        yield from self._rules(self.book)
        yield from self._calendars()
        yield from self._database(self.book)
        yield from self._connections(self.book)
        yield from self._notifier()
        yield from self._signing_in()

    def _say(self, sentence: str, /, **fillers: object) -> str:
        return say(self.language, sentence, **fillers)

    def _found(self, subject: str, level: Level, message: str, cure: str | None = None) -> Finding:
        return Finding(subject=subject, level=level, message=message, cure=cure)

    def _failed(self, subject: str, error: StalewatchError) -> Finding:
        message = f"{error.where}: {error.what}" if error.where else error.what
        return self._found(subject, Level.ERROR, message, error.cure)

    # ------------------------------------------------------------------------------------ files and rules

    def _configuration(self) -> Finding:
        found = partial(self._found, self._say("configuration"))
        counts, cure = self.checked.counts, self._say("see_check")
        if self.checked.has_errors:
            return found(Level.ERROR, self._say("config_errors", count=counts.errors), cure)
        if self.checked.has_warnings:
            return found(Level.WARNING, self._say("config_warnings", count=counts.warnings), cure)
        return found(Level.OK, self._say("config_ok", file=self.settings.path))

    def _rules(self, book: Rulebook) -> Iterator[Finding]:
        found = partial(self._found, self._say("rules"))
        modes = Counter(book.modes.values())
        if not book.rules.rules:
            places = ", ".join(path.name + "/" * path.is_dir() for path in self.settings.rules)
            yield found(Level.WARNING, self._say("no_rules"), self._say("add_rules", places=places))
            return
        numbers = {"live": modes[Mode.LIVE], "shadow": modes[Mode.SHADOW], "off": modes[Mode.OFF]}
        yield found(Level.OK, self._say("rules_ok", rules=len(book.rules.rules), **numbers))
        if not modes[Mode.LIVE]:
            yield found(Level.WARNING, self._say("all_shadow"), self._say("make_live"))

    def _calendars(self) -> Iterator[Finding]:
        found = partial(self._found, self._say("calendar"))
        if not self.settings.calendars.named:
            yield found(Level.WARNING, self._say("calendar_unnamed"), self._say("name_calendar"))
            return
        for spec in self.settings.calendars.specs.values():
            holidays = spec.holidays or self._say("no_holidays")
            about = {"name": spec.name, "zone": spec.zone, "hours": _hours(spec), "days": len(spec.days)}
            yield found(Level.OK, self._say("calendar_ok", **about, holidays=holidays))

    # --------------------------------------------------------------------------- database and connections

    def _database(self, book: Rulebook) -> Iterator[Finding]:
        subject = self._say("database")
        try:
            db = self.open_database()
            schema = migrate.current(db)
        except StalewatchError as error:
            yield self._failed(subject, error)
            return
        yield self._found(subject, Level.OK, self._say("database_ok", where=db.where, schema=schema))
        yield from self._refused(db)
        yield from self._syncs(db, book)
        yield from self._sealed(db)
        yield from self._down(db)
        db.dispose()

    def _refused(self, db: Database) -> Iterator[Finding]:
        """What the engine read last and could not take, also if these files here are whole."""
        with db.read() as conn:
            found = in_force.standing(conn).refused
        if found is not None:
            what = found.what.get(self.language) or found.what["en"]
            message = self._say("refused", place=found.place, what=what)
            yield self._found(self._say("rules"), Level.WARNING, message, self._say("read_again"))

    def _syncs(self, db: Database, book: Rulebook) -> Iterator[Finding]:
        """How the last sync of each connection went, how old its data is, and which rows it had to leave out."""
        types = {one.id: one.type for one in self.settings.connections}
        found = states(db, book, types, self._ages(), to_us(self.clock.now()))
        self.states.update((one.id, one) for one in found)
        with db.read() as conn:
            noticed = {row.id: noticing.noticed(conn, row.id) for row in connections.read(conn)}
        for connection in self.settings.connections:
            yield from of_state(self.states[connection.id], self.language)
            for one in noticed.get(connection.id, ()):
                yield self._found(f"{connection.id} {one.subject}", one.level, one.message, one.cure)

    def _sealed(self, db: Database) -> Iterator[Finding]:
        """Secrets of connections that no key opens: the key was changed or lost, or they lie in a wrong place."""
        for connection, name in unopened(db, self.settings.secrets):
            if connection in {one.id for one in self.settings.connections}:
                what = self._say("sealed", name=name.partition(" ")[0])
                yield self._found(connection, Level.WARNING, what, self._say("unseal"))

    def _down(self, db: Database) -> Iterator[Finding]:
        """The services that take no messages: Slack, mail, a webhook. What is for them waits."""
        with db.read() as conn:
            found = {service: outages.since(conn, service) for service in outages.down(conn)}
        for service, known in found.items():
            if known is not None:
                since, what = known
                message = self._say("down", service=service, since=shown(since, "UTC"), what=what)
                yield self._found(self._say("notifier"), Level.WARNING, message, self._say("see_work"))

    def _signing_in(self) -> Iterator[Finding]:
        """Whether the provider can be asked for everything that a sign-in takes."""
        oidc, home = self.settings.signing_in.oidc, self.settings.web.public_url
        if oidc is None or home is None:
            return
        from stalewatch.services.access.oidc.provider import Provider  # noqa: PLC0415  # loads libraries of its own

        subject, provider = self._say("sign_in"), Provider(oidc, home)
        try:
            provider.check(to_us(self.clock.now()))
        except StalewatchError as error:
            yield self._found(subject, Level.ERROR, error.what, self._say("sign_in_cure"))
            return
        yield self._found(subject, Level.OK, self._say("sign_in_ok", provider=provider.name))

    def _ages(self) -> dict[str, int | None]:
        """From which age, in microseconds, the data of each connection is too old; None: never."""
        most, found = elapsed(self.settings.judging.max_data_age), dict[str, int | None]()
        for one in self.settings.connections:
            try:
                found[one.id] = most if self.connector(one.id).ages else None
            except StalewatchError:  # said where the connection itself is looked at
                found[one.id] = most
        return found

    def _connections(self, book: Rulebook) -> Iterator[Finding]:
        if not self.settings.connections:
            message, cure = self._say("no_connection"), self._say("add_connection")
            yield self._found("connections", Level.WARNING, message, cure)
        for connection in self.settings.connections:
            try:
                yield from self._connection(connection.id, book)
            except StalewatchError as error:
                yield self._failed(connection.id, error)

    def _connection(self, identity: str, book: Rulebook) -> Iterator[Finding]:
        connector = self.connector(identity)
        findings = connector.check()
        for finding in findings:
            subject = f"{identity} {finding.subject}"
            yield self._found(subject, finding.level, finding.message, finding.cure)
        if findings and all(finding.level is Level.ERROR for finding in findings):
            return  # it does not answer at all
        description = connector.describe()
        found = judgeable(book.rules, description, self.clock.now().date())
        yield from of_mapping(identity, book.rules.catalogue, description, self.language)
        advice = [*advised(found, book.rules, description, self.language)][:_MOST_ADVICE]
        level = Level.WARNING if found.missing else Level.OK
        message = self._say("can_judge", judging=found.judging, rules=found.rules)
        yield self._found(identity, level, message, "\n".join(advice) or None)
        allowed = next(one.writeback for one in self.settings.connections if one.id == identity)
        if connector.ages or allowed.value != "none":  # nobody asks whether a file may be written
            yield from of_writing(identity, allowed, description, self.language)

    def _notifier(self) -> Iterator[Finding]:
        subject = self._say("notifier")
        try:
            notifier = self.notifier()
        except StalewatchError as error:
            yield self._failed(subject, error)
            return
        for service in services(notifier):
            name = service.type
            sentence = "notifier_console" if name == "console" else "notifier_ok"
            yield self._found(subject, Level.OK, self._say(sentence, name=name))
            for finding in service.examine():
                yield self._found(f"{name} {finding.subject}", finding.level, finding.message, finding.cure)


def _hours(spec: Spec) -> str:
    opens, closes = divmod(spec.opens, 60), divmod(spec.closes, 60)
    return f"{opens[0]:02}:{opens[1]:02}-{closes[0]:02}:{closes[1]:02}"
