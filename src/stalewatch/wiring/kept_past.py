"""A past on which rules can be tried: what a project keeps, or what files tell, read into a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from stalewatch import shipped
from stalewatch.clock import Clock
from stalewatch.domain.instants import from_us, to_us
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.learning.gaps import Gap
from stalewatch.domain.learning.history import last_named
from stalewatch.services.learning.lessons import Asked
from stalewatch.services.rules import rulefiles
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.settings import Connecting, Settings
from stalewatch.wiring.checking import BrokenProject, examine
from stalewatch.wiring.connectors import make_connector
from stalewatch.wiring.histories import at_midnight
from stalewatch.wiring.project import Stalewatch

if TYPE_CHECKING:
    from stalewatch.services.learning.rules_tried import Tried
    from stalewatch.store.engine import Database

_CONNECTION: Final = "history"
_STARTER: Final = "default.yaml"
_YEAR: Final = 366 * 86_400_000_000


@dataclass(frozen=True)
class Kept:
    """Records with their past, and the rules to try.

    Attributes:
        as_of: when the past ends, unless somebody says otherwise.
        left_out: rows that could not be used, by reason.
        eventless: nobody knows which events there were, and when.
    """

    db: Database
    book: Rulebook
    connections: tuple[str, ...]
    zone: ZoneInfo
    as_of: int
    left_out: Mapping[str, int]
    eventless: bool = False

    def asked(self, as_of: date | None, observed_from: date | None, learn_until: date | None, horizon: float) -> Asked:
        """How the past is to be looked at."""
        ends, begins, learned = (
            None if day is None else to_us(at_midnight(day, self.zone)) for day in (as_of, observed_from, learn_until)
        )
        return Asked(
            as_of=self.as_of if ends is None else ends, observed_from=begins, learn_until=learned, horizon=horizon
        )

    def tried(self, asked: Asked, only: Collection[str] | None = None, book: Rulebook | None = None) -> Tried:
        """Try these rules, or all that are on; of another book, if one is given."""
        from stalewatch.services.judging.sources import coverage  # noqa: PLC0415  # need the database's libraries
        from stalewatch.services.learning.rules_tried import tried  # noqa: PLC0415

        with self.db.read() as conn:
            fed = coverage(conn)
            return tried(conn, book or self.book, self.connections, fed, asked, only, eventless=self.eventless,
                         zone=self.zone.key)  # fmt: skip

    def gaps(self) -> list[Gap]:
        """Which items of the scores went with losses."""
        from stalewatch.services.judging.sources import coverage  # noqa: PLC0415  # need the database's libraries
        from stalewatch.services.learning.qualification import gaps  # noqa: PLC0415

        with self.db.read() as conn:
            return gaps(conn, self.book, self.connections, coverage(conn))

    def dates(self, found: Tried) -> tuple[str, str]:
        """The first and the last day of what was tried."""
        starts = [int(start.min()) for one in found.history.values() if len(start := one.deals().spells.start)]
        ends = [one.watched.until for one in found.history.values()]
        days = [None if not some else from_us(pick(some)).astimezone(self.zone).date()
                for some, pick in ((starts, min), (ends, max))]  # fmt: skip
        return str(days[0] or "–"), str(days[1] or "–")


def kept_by(app: Stalewatch, zone: str | None) -> Kept:
    """What a project keeps, up to now."""
    ids = tuple(one.id for one in app.settings.connections)
    chosen = ZoneInfo(zone or app.rulebook.calendars.default.spec.zone)
    return Kept(app.db, app.rulebook, ids, chosen, to_us(app.clock.now()), {})


@contextmanager
def kept_in_files(
    place: Path, config: Path | None, zone: str | None, clock: Clock, language: str,
    progress: Callable[[int, int | None], None],
) -> Iterator[Kept]:  # fmt: skip
    """What the files of a folder tell, with the rules of a project, or with the starter pack where there is none.

    Raises:
        BrokenProject: the project has errors.
        ConfigurationError, ConnectorError: the files cannot be read.
    """
    with TemporaryDirectory(prefix="stalewatch-") as folder:
        settings, book = _rules(config, clock, language, place)
        settings = replace(settings, database=f"sqlite:///{folder}/history.db")
        named = zone or book.calendars.default.spec.zone
        from stalewatch.wiring.databases import open_database  # noqa: PLC0415  # needs the database's libraries

        db = open_database(settings)
        try:
            left_out = _read(db, settings, book, clock, {"path": str(place.absolute()), "tz": named}, progress)
            yield Kept(db, book, (_CONNECTION,), ZoneInfo(named), _end(db), left_out, eventless=True)
        finally:
            db.dispose()


def _read(
    db: Database, settings: Settings, book: Rulebook, clock: Clock, options: Mapping[str, str],
    progress: Callable[[int, int | None], None],
) -> Mapping[str, int]:  # fmt: skip
    """Read files as a connection of a project would be; return the rows that could not be used, by reason."""
    from stalewatch.services.judging.golive import note_rules  # noqa: PLC0415  # they need the database's libraries
    from stalewatch.services.syncing.sync import Sync, register  # noqa: PLC0415

    files = Connecting(id=_CONNECTION, type="csv", options=options)
    now = to_us(clock.now())
    register(db, {_CONNECTION: files.type}, now)
    note_rules(db, book, now)
    connector = make_connector(settings, files, book, clock, whole=True)
    done = Sync(db, clock, book, settings.speaking).run(_CONNECTION, connector, every=_YEAR, progress=progress)
    if done.error is not None:
        raise done.error
    return done.rejected


def _end(db: Database) -> int:
    """The last instant that was read."""
    from stalewatch.services.learning.stored import deals  # noqa: PLC0415  # needs the database's libraries

    with db.read() as conn:
        return last_named(deals(conn, [_CONNECTION]))


def _rules(config: Path | None, clock: Clock, language: str, place: Path) -> tuple[Settings, Rulebook]:
    """The project's rules, or the starter pack's."""
    if config is not None:
        examined = examine(config, clock.now())
        if examined.settings is None or examined.rulebook is None:
            raise BrokenProject(examined.checked.render(language))
        return examined.settings, examined.rulebook
    settings = Settings(
        path=place, source=Source(str(place), ""), base=place.absolute().parent, database="",
        rules=(shipped.rules() / _STARTER,),
    )  # fmt: skip
    checked = rulefiles.check_project(settings, clock.now().date())
    book = rulefiles.rulebook(checked, settings)
    if book is None:
        raise BrokenProject(checked.render(language))
    return settings, book
