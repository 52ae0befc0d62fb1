"""What every route needs: the project, its readers in each language, and who may come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Final

from fastapi import Depends, Request

from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.instants import to_us
from stalewatch.services.access.door import Door
from stalewatch.services.access.principals import NOTHING, Visible
from stalewatch.services.operating.health import Health
from stalewatch.services.reporting.kept import Asked, Fresh, Kept, Pulse, pulse
from stalewatch.services.reporting.reports import Reports
from stalewatch.web.counting import Counting
from stalewatch.web.readings import Readings, Together
from stalewatch.web.remembering import Questions
from stalewatch.wiring import Stalewatch
from stalewatch.wiring.live import Live
from stalewatch.wiring.slack import Reception

LANGUAGES: Final = ("en", "ja")
LANGUAGE_COOKIE: Final = "lang"


@dataclass(frozen=True)
class Desk:
    """One application's collaborators, for as long as the same rules are in force.

    Attributes:
        live: what holds in this process now, which may be other rules by the time that a request is answered.
        is_local: only this machine can reach the application; while there is no token, it then needs none.
        engine: says what is wrong with the engine that belongs to this process; None: nothing.
        slack: takes what people answer in Slack; None: nobody can.
    """

    project: Stalewatch
    live: Live
    is_local: bool
    engine: Callable[[], str | None]
    slack: Reception | None = None

    @property
    def now(self) -> int:
        """The present, in microseconds."""
        return to_us(self.project.clock.now())

    @cached_property
    def health(self) -> Health:
        """Looks at the work."""
        return Health(self.project.db, self.project.clock, self.project.sources)

    @cached_property
    def door(self) -> Door:
        """Lets people in."""
        return Door(self.project.db, self.project.speaking)

    def visible(self, request: Request) -> Visible | None:
        """The records that whoever asks may see at this moment, None for all; nobody who did not come in sees any."""
        caller = getattr(request.state, "caller", None)
        seen: Visible | None = NOTHING if caller is None else caller.visible
        return seen

    def reports(self, request: Request) -> Reports:
        """The reader in the language that was asked for, see `language`."""
        return self._reports[self.language(request)]

    def reports_in(self, language: str) -> Reports:
        """The reader in one of `LANGUAGES`."""
        return self._reports[language]

    @cached_property
    def kept(self) -> Kept:
        """The stalled list as it was sent."""
        return Kept(self._reports)

    @cached_property
    def pulse(self) -> Together[Pulse]:
        """How things stand, asked once for all who have come by then."""
        return Together(lambda: pulse(self._reports[self.project.settings.language]))

    async def renewed(self, asked: Asked) -> Fresh:
        """A page of the stalled list that is not kept, or not any more; read once for all who wait.

        Raises:
            CursorNotUnderstood, StoreError: as `Kept.renewed`.
        """
        return await self._readings.read(asked, lambda: self.kept.renewed(asked, self.now))

    @cached_property
    def _readings(self) -> Readings:
        return Readings()

    @cached_property
    def shortcuts(self) -> Questions:
        """What was asked before, in which words, by whom."""
        return Questions()

    def reader(self, request: Request) -> Reader:
        """Who reads a page: their language, and the zone of the project's own calendar."""
        return Reader(self.language(request), self.project.clock.now(), self.zone)

    @property
    def zone(self) -> str:
        """The zone of the project's own calendar (IANA)."""
        return self.project.rulebook.calendars.default.spec.zone

    def language(self, request: Request) -> str:
        """The address says "en" or "ja" (`lang`), else a cookie, else what the browser accepts, else the project."""
        for asked in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
            if asked in LANGUAGES:
                return asked
        return preferred(request.headers.get("accept-language", "")) or self.project.settings.language

    @cached_property
    def counting(self) -> Counting:
        """Counts what takes long, and keeps it as long as the same rules are in force."""
        return Counting()

    @cached_property
    def _reports(self) -> dict[str, Reports]:
        own = self.project
        return {language: Reports(own.db, own.rulebook, own.sources, language) for language in LANGUAGES}


def preferred(accepted: str) -> str | None:
    """The first of our languages that an `Accept-Language` header wants most; None if it wants neither."""
    wanted = []
    for place, part in enumerate(accepted[:1000].split(",")):
        name, _, weight = part.strip().partition(";")
        language = name.strip().lower().partition("-")[0]
        quality = _quality(weight)
        if language in LANGUAGES and quality > 0:
            wanted.append((-quality, place, language))
    return min(wanted)[2] if wanted else None


def _quality(weight: str) -> float:
    _, _, number = weight.strip().partition("=")
    try:
        return float(number) if number else 1.0
    except ValueError:
        return 0.0


def desk_of(request: Request) -> Desk:
    """The desk of the application that was asked; one for the whole of a request, whatever is saved meanwhile."""
    if not hasattr(request.state, "desk"):
        request.state.desk = request.app.state.desks()
    desk: Desk = request.state.desk
    return desk


async def _here(request: Request) -> Desk:
    """On the event loop: a dependency that does not wait for anything, and is no coroutine, would cost a thread."""
    return desk_of(request)


At = Annotated[Desk, Depends(_here)]
