"""One project put together: its settings, rules, clock, database, connectors and notifier.

The database's libraries are imported where a database is opened: to check rules takes none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stalewatch.clock import BorrowedClock, Clock, FixedClock, ShiftedClock, SystemClock
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.durations import elapsed
from stalewatch.domain.instants import from_us
from stalewatch.domain.language.model import Catalogue, RuleSet
from stalewatch.domain.policies import Speaking
from stalewatch.sdk.connector import Connector
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.sdk.notifier import Notifier
from stalewatch.services.rules.choices import Lists
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.settings import Connecting, Settings
from stalewatch.wiring.checking import BrokenProject, Examined, examine
from stalewatch.wiring.connectors import connection_of, make_connector
from stalewatch.wiring.notifiers import EMAIL, make_notifier, with_mail

if TYPE_CHECKING:
    from stalewatch.services.operating.doctor import Doctor
    from stalewatch.store.engine import Database

CONSOLE: Final = "console"
_FALLBACKS: Final = ("email", "operator")
"""Keys of `notify:` that are addresses of last resort, not the way messages usually go."""


@dataclass(frozen=True)
class Stalewatch:
    """One project. The database is opened, and connectors and the notifier are made, when they are first used.

    Attributes:
        env: the variables that stood for `${NAME}` in its configuration; None: those of this process.
    """

    settings: Settings
    clock: Clock
    rulebook: Rulebook
    _connectors: dict[str, Connector] = field(default_factory=dict)
    env: Mapping[str, str] | None = field(default=None, repr=False)
    looking: bool = False

    @cached_property
    def db(self) -> Database:
        """The project's database, with the schema that this version needs; raises like `databases.open_database`."""
        from stalewatch.wiring.databases import database_to_look_at, open_database  # noqa: PLC0415  # see above

        return database_to_look_at(self.settings) if self.looking else open_database(self.settings)

    @cached_property
    def speaking(self) -> Speaking:
        """Who is told what; on the console people without an address are found by their name. Where nothing but e-mail
        is configured, it is no last resort but the way to everybody who has an address."""
        by_mail = EMAIL in self.settings.notify and not set(self.settings.notify).difference(_FALLBACKS)
        return replace(self.settings.speaking, names_suffice=self.notifier_name == CONSOLE, mail_first=by_mail)

    @property
    def notifier_name(self) -> str:
        """The notifier that `notify:` names; without one, the console."""
        return next((name for name in self.settings.notify if name not in _FALLBACKS), CONSOLE)

    @cached_property
    def notifier(self) -> Notifier:
        """How messages leave.

        Raises:
            ConfigurationError: its options, or those of `notify.email`, cannot be used.
            PluginError: it is not installed, or cannot be loaded.
        """
        return make_notifier(self.settings, self.clock, self.notifier_name)

    def with_mail(self, usual: Notifier) -> Notifier:
        """Another notifier in place of the project's own, with the same e-mail beside it."""
        return with_mail(self.settings, self.clock, usual)

    def connection(self, identity: str) -> Connecting:
        """What the configuration says of a connection.

        Raises:
            ConfigurationError: there is none with this id.
        """
        return connection_of(self.settings, identity)

    def connector(self, identity: str) -> Connector:
        """The connector of a connection, made once.

        Raises:
            ConfigurationError: there is no such connection, or its options cannot be used.
            PluginError: its type cannot be loaded.
        """
        if identity not in self._connectors:
            self._connectors[identity] = make_connector(
                self.settings, self.connection(identity), self.rulebook, self.clock,
                due_soon=lambda: self._due_soon(identity), database=lambda: self.db,
            )  # fmt: skip
        return self._connectors[identity]

    def _due_soon(self, identity: str) -> list[str]:
        from stalewatch.services.syncing.noticing import due_soon  # noqa: PLC0415  # needs the database's libraries

        return due_soon(self.db, self.clock, identity)

    def whole_connector(self, identity: str) -> Connector:
        """A connector of its own that reads every field, to look at a connection; raises like `connector`."""
        return make_connector(
            self.settings, self.connection(identity), self.rulebook, self.clock, database=lambda: self.db, whole=True
        )

    def following(self, settings: Settings, book: Rulebook) -> Stalewatch:
        """The same project by other rules: what it has opened it keeps, but for connectors that now read other fields.

        Args:
            settings: as `settings.following.followed` makes them.
        """
        keeps = book.rules.catalogue == self.rulebook.rules.catalogue and book.needs == self.rulebook.needs
        after = replace(self, settings=settings, rulebook=book, _connectors=self._connectors if keeps else {})
        vars(after).update({part: made for part, made in vars(self).items() if part in ("db", "notifier")})
        return after

    @cached_property
    def sources(self) -> Mapping[str, int | None]:
        """Every connection with the age, in microseconds, from which its data is too old; None: it does not age."""
        most = elapsed(self.settings.judging.max_data_age)
        return {one.id: most if self.connector(one.id).ages else None for one in self.settings.connections}

    def close(self) -> None:
        """Close every connection to the database."""
        if "db" in self.__dict__:
            self.db.dispose()


def open_project(
    config: Path,
    *,
    now: datetime | None = None,
    language: str | None = None,
    env: Mapping[str, str] | None = None,
    running: bool = False,
    looking: bool = False,
) -> Stalewatch:
    """Open a project to work on it.

    Args:
        now: the moment that counts as the present; None is the time of the database, or of this machine where that has
            no clock of its own (SQLite).
        language: of what is wrong, if anything is; None leaves it to the configuration.
        running: the clock starts at `now` and goes on, as `serve` and `worker` need it.
        looking: nothing is to be written: its database is opened to be read, and is not made if there is none.

    Raises:
        BrokenProject: the configuration or a rule file has errors, all of which it tells.
        ConfigurationError: with `running`, `secrets.key` is not the key with which its secrets were sealed.
        SchemaBehind, SchemaAhead: the database is of another version. A new SQLite file gets its schema at once.
        StoreError: the database cannot be reached.
    """
    clock = clock_at(now, running=running)
    examined = examine(config, clock.now(), env)
    if examined.settings is None or examined.rulebook is None:
        raise BrokenProject(examined.checked.render(language or examined.draft.language))
    project = Stalewatch(examined.settings, clock, examined.rulebook, env=env, looking=looking)
    project.db.now()  # opens it now: whoever has a project has a database that answers
    if now is None and not project.db.is_sqlite:
        project = _by_its_databases_clock(project)
    if running:
        _check_keys(project)
    return project


def _by_its_databases_clock(project: Stalewatch) -> Stalewatch:
    """All workers of one database have one time, however wrong the clocks of their machines are."""
    from stalewatch.store.errors import StoreError  # noqa: PLC0415  # needs the database's libraries

    def ask() -> datetime | None:
        try:
            return from_us(project.db.now())
        except StoreError:
            return None  # whatever is done next with that database fails by itself, and says so

    after = replace(project, clock=BorrowedClock(ask))
    vars(after)["db"] = project.db
    return after


def _check_keys(project: Stalewatch) -> None:
    """Do not start with a key that opens nothing of what is stored."""
    from stalewatch.services.syncing.resealing import check_keys  # noqa: PLC0415  # needs the database's libraries

    try:
        check_keys(project.db, project.settings.secrets)
    except ConfigurationError:
        project.close()
        raise


def doctor(examined: Examined, clock: Clock, language: str) -> Doctor:
    """Who looks at a project, whatever state it is in."""
    from stalewatch.services.operating.doctor import Doctor  # noqa: PLC0415  # needs the database's libraries

    nothing = Rulebook(RuleSet(Catalogue({}, ()), ()), Calendars(()), examined.draft.judging)
    project = Stalewatch(examined.draft, clock, examined.rulebook or nothing)
    return Doctor(
        settings=examined.draft,
        checked=examined.checked,
        book=examined.rulebook,
        language=language,
        open_database=lambda: project.db,
        connector=project.connector,
        notifier=lambda: project.notifier,
        clock=clock,
    )


def known_lists(settings: Settings) -> Lists:
    """What the CRMs' own lists of values had at the last sync; nothing without a database that knows."""
    from stalewatch.wiring.databases import known_lists as known  # noqa: PLC0415  # see above

    return known(settings) if settings.connections else {}


def clock_at(now: datetime | None, *, running: bool = False) -> Clock:
    """The machine's clock, or one that stands at a moment, or begins there and runs."""
    if now is None:
        return SystemClock()
    return ShiftedClock(now) if running else FixedClock(now)
