"""Histories to learn from: out of files by the csv connector, with or without a project, or out of its database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from stalewatch import plugins
from stalewatch.clock import Clock
from stalewatch.domain.instants import NEVER, from_us, to_us
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.model import Catalogue
from stalewatch.domain.learning.history import Found
from stalewatch.domain.learning.kinds import CONVERSION, DEAL, HAND_OFF
from stalewatch.sdk.connector import ConnectionSettings
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.services.judging import collecting
from stalewatch.services.learning import files
from stalewatch.services.rules.rulefiles import catalogue_sources
from stalewatch.settings import Settings
from stalewatch.wiring.project import Stalewatch

_FILES: Final = "csv"
_CURRENCY: Final = "USD"


@dataclass(frozen=True, slots=True)
class Histories:
    """What there is to learn from.

    Attributes:
        found: by what it is about: deals, leads on their way to a deal, leads on their way to their hand-off.
        catalogue: the fields that are known, with the stages in their order.
        as_of: the instant at which it ends unless somebody says otherwise; None: with the last one that it names.
    """

    found: Mapping[str, Found]
    catalogue: Catalogue
    zone: ZoneInfo
    currency: str
    as_of: int | None = None

    def instant(self, moment: date | datetime | None, about: str) -> int | None:
        """A moment as the history counts them; a date is the beginning of that day."""
        if moment is None:
            return None
        begun = at_midnight(moment, self.zone)
        return files.local_day(begun, self.zone) if self.found[about].dated else to_us(begun)

    def day(self, instant: int, about: str) -> date | None:
        """The date of an instant of the history; None where there is none."""
        if instant == NEVER:
            return None
        moment = from_us(instant)
        return (moment if self.found[about].dated else moment.astimezone(self.zone)).date()


def from_files(
    place: Path, settings: Settings | None, zone: str | None, clock: Clock,
    progress: Callable[[int, int | None], None], *, staged: bool = True,
) -> Histories:  # fmt: skip
    """What the files of a folder say, or one file of deals, read as the csv connector reads them.

    Args:
        settings: of the project, for its own fields; None: there is none.
        zone: of times and dates that name none (IANA); None: that of the project's calendar, or UTC.
        staged: False: nobody asks for the stages.

    Raises:
        ConfigurationError: there is no such folder, zone, or project's catalogue.
        ConnectorError: the files cannot be read.
    """
    if not place.exists():
        raise ConfigurationError(f"there is no file or folder {place}")
    catalogue = catalogue_of(settings)
    named = zone or _zone_of(settings)
    left_alone = {"events": ""} if staged else {"events": "", "stages": ""}
    told = ConnectionSettings(
        id="history", options={"path": str(place.absolute()), "tz": named, "files": left_alone},
        base=place.absolute().parent,
        currency=settings.judging.currency if settings else _CURRENCY, now=clock.now,
        catalogue={obj: {name: field.type.value for name, field in fields.items()}
                   for obj, fields in catalogue.objects.items()},
    )  # fmt: skip
    pages = plugins.connector(_FILES)(told).pull(None, full=True)
    chosen = ZoneInfo(named)
    with collecting.seldom():
        return Histories({DEAL: files.found(pages, chosen, progress)}, catalogue, chosen, told.currency)


def from_project(app: Stalewatch, zone: str | None) -> Histories:
    """What a project keeps of its deals and leads, up to now; raises as its database does."""
    from stalewatch.services.learning import stored  # noqa: PLC0415  # needs the database's libraries

    catalogue, ids = app.rulebook.rules.catalogue, [one.id for one in app.settings.connections]
    with app.db.read() as conn:
        found = {DEAL: stored.deals(conn, ids)}
        if "lead" in catalogue.objects:
            found |= {CONVERSION: stored.conversions(conn, ids), HAND_OFF: stored.hand_offs(conn, ids)}
    chosen = ZoneInfo(zone or _zone_of(app.settings))
    here = {about: one for about, one in found.items() if len(one.ids) or about == DEAL}
    return Histories(here, catalogue, chosen, app.settings.judging.currency, to_us(app.clock.now()))


def at_midnight(moment: date | datetime, zone: ZoneInfo) -> datetime:
    """A moment as it is; of a date its beginning."""
    if isinstance(moment, datetime):
        return moment
    return datetime(moment.year, moment.month, moment.day, tzinfo=zone)


def catalogue_of(settings: Settings | None) -> Catalogue:
    """The fields that a project knows, or those that travel with the program.

    Raises:
        ConfigurationError: the project's own are not sound.
    """
    found = load_catalogue(catalogue_sources(settings, Findings())).catalogue
    if found is None:
        raise ConfigurationError("the catalogue of fields has errors", cure="`stalewatch rules check` tells them")
    return found


def _zone_of(settings: Settings | None) -> str:
    """The zone of the calendar that every record follows for which nothing else is said."""
    return settings.calendars.specs[settings.calendars.choose[-1].calendar].zone if settings else "UTC"
