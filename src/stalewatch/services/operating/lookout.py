"""What a process that works for good looks at besides its work: whether it does any, and whether it can still speak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stalewatch.clock import Clock
from stalewatch.delivery.heartbeat import Heartbeat
from stalewatch.domain.instants import to_us
from stalewatch.domain.policies import Speaking
from stalewatch.sdk.notifier import Notifier
from stalewatch.services.alerting import standstill
from stalewatch.services.judging.sources import Sources
from stalewatch.services.operating.health import Health
from stalewatch.services.telling.outages import Outages
from stalewatch.store.engine import Database


@dataclass(frozen=True, slots=True)
class Lookout:
    """Looks at one project.

    Attributes:
        notifier: makes or returns the notifier.
        heartbeat: tells somebody outside that all is well; None: nobody is told.
    """

    db: Database
    clock: Clock
    speaking: Speaking
    sources: Sources
    notifier: Callable[[], Notifier]
    heartbeat: Heartbeat | None = None

    def look(self) -> list[str]:
        """Let the services be asked, and the operator know what stands still; returns the connections that do, once.

        Raises:
            StoreError: the database cannot be asked.
        """
        now = to_us(self.clock.now())
        Outages(self.db, self.clock, self.speaking, self.notifier()).watch(now)
        return standstill.tell(self.db, self.sources, now)

    def beat(self) -> str | None:
        """Say outside that the work is done in time, if it is; returns what kept it from being said, None: nothing.

        Silence is the alarm: whoever listens there has to miss it.
        """
        if self.heartbeat is None:
            return None
        ready = Health(self.db, self.clock, self.sources).readiness()
        if not ready.ok:
            return f"not said, because {ready.reasons[0]}"
        return self.heartbeat.beat()
