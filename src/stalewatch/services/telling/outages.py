"""A service that takes no messages at all (a token revoked, a workspace gone): everything waits, one alarm is raised.

A service has a destination of its own, `service:slack`: whoever claims it asks the service (`Notifier.check`), so that
of many workers one asks. An engine that runs for good lets it be asked every twenty seconds (`watch`), so that a token
that is gone is known before there is something to say; a service that is down is asked once a minute, and its
destinations are paused. When the answer is good, everything goes on, on trial: the outage is over when a message was
accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from stalewatch.clock import Clock
from stalewatch.delivery.by_address import service_of, services
from stalewatch.domain.instants import HOUR, MINUTE, SECOND
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import MAIL, OPERATOR
from stalewatch.sdk.errors import NotifierError, SlowDown, WorkspaceDown
from stalewatch.sdk.notifier import Notifier
from stalewatch.services.alerting.guarding import operator_notice
from stalewatch.store import audit, facts, leases, notices, outbox
from stalewatch.store.engine import Connection, Database
from stalewatch.store.leases import DESTINATIONS

CHECK_EVERY: Final = MINUTE
"""How often one that is down is asked whether it is back."""
LOOK_EVERY: Final = 20 * SECOND
"""How often one that works is asked whether it still does: `/readyz` has to know within half a minute."""
TRIAL: Final = HOUR
"""Down again within this time, before anything was accepted: the same outage, and no second alarm."""
WORKSPACE: Final = "workspace"
"""Notices of this kind, and the reasons for pausing, are `workspace:<service>`."""
_SERVICE: Final = "service:"


@dataclass(frozen=True, slots=True)
class Outages:
    """What is down, and since when."""

    db: Database
    clock: Clock
    speaking: Speaking
    notifier: Notifier

    def service_to(self, target: str) -> Notifier:
        """The service through which a destination is reached."""
        return service_of(self.notifier, self.speaking.mail_of(target) or target)

    def watch(self, now: int) -> None:
        """Let each service be asked from now on, and again and again, by whoever dispatches."""
        targets = {f"{_SERVICE}{one.type}" for one in services(self.notifier) if one.can_watch}
        with self.db.read() as conn:
            asleep = targets - outbox.awake(conn, targets)
        if asleep:
            with self.db.write() as conn:
                outbox.call(conn, dict.fromkeys(asleep, now))

    def is_down(self, conn: Connection, service: Notifier) -> bool:
        """Whether nothing may be sent through a service now."""
        known = facts.read(conn, _key(service.type))
        return known is not None and known["trial_at"] is None

    def begin(self, service: Notifier, error: WorkspaceDown, now: int) -> bool:
        """Pause every destination of a service; True if the operator is told, once an outage."""
        name = service.type
        found = {"since": now, "what": error.what, "trial_at": None}
        with self.db.write() as conn:
            is_new = facts.begin(conn, _key(name), found)
            if not is_new:
                known = facts.read(conn, _key(name))
                is_new = known["trial_at"] is not None and now - known["trial_at"] > TRIAL
                facts.write(conn, _key(name), found if is_new else {**found, "since": known["since"]})
            targets = [each for each in outbox.destinations_known(conn) if self._goes_through(each, service)]
            outbox.pause(conn, targets, reason_of(name))
            outbox.call(conn, {f"{_SERVICE}{name}": now + CHECK_EVERY})
            if is_new:
                self._alarm(conn, name, len(targets), now)
                audit.add(conn, at=now, actor="stalewatch", action="service.paused", obj=name, after=found)
        return is_new

    def joins(self, place: Any, now: int) -> bool:
        """Whether a destination's service is down: then one that came to be meanwhile waits with the others."""
        service = self.service_to(place.target)
        with self.db.read() as conn:
            if not self.is_down(conn, service):
                return False
        with self.db.write() as conn:
            if is_down := self.is_down(conn, service):
                reason = reason_of(service.type)
                leases.finish(conn, DESTINATIONS, place.target, place.fence, due_at=now, paused_reason=reason)
                # Should the service be found well in this very moment, it is asked once more, for this one.
                outbox.call(conn, {f"{_SERVICE}{service.type}": now + CHECK_EVERY})
            return is_down

    def over(self, conn: Connection, service: Notifier) -> None:
        """A message was accepted: whatever was down works again."""
        if facts.read(conn, _key(service.type)) is not None:
            facts.forget(conn, _key(service.type))

    def check(self, place: Any, now: int) -> bool:
        """Ask a service. One that is back lets everything go on; True if one was found to be down, and that is told."""
        name = place.target.removeprefix(_SERVICE)
        service = next((one for one in services(self.notifier) if one.type == name), None)
        with self.db.read() as conn:
            was_down = facts.read(conn, _key(name)) is not None and since(conn, name) is not None
        wait = CHECK_EVERY if was_down else LOOK_EVERY
        try:
            if service is not None:  # one that is configured no more keeps nobody waiting
                service.check()
        except WorkspaceDown as error:
            if service is not None and not was_down:
                self._asked_again(place, now + CHECK_EVERY)
                return self.begin(service, error, now)
        except SlowDown as error:
            wait = max(wait, int(error.after.total_seconds() * SECOND))
        except NotifierError:  # it cannot be asked: of one that is down the pause says so, of another one each message
            pass
        else:
            return self._is_well(place, service, now, was_down=was_down)
        self._asked_again(place, now + wait)
        return False

    def _is_well(self, place: Any, service: Notifier | None, now: int, *, was_down: bool) -> bool:
        """It answered: it is asked again, if anybody watches, and what waited for it goes on."""
        watched = service is not None and not was_down and service.can_watch
        with self.db.write() as conn:
            leases.finish(conn, DESTINATIONS, place.target, place.fence, due_at=now + LOOK_EVERY if watched else None)
            if was_down:
                resume(conn, reason_of(place.target.removeprefix(_SERVICE)), now)
        return False

    def _asked_again(self, place: Any, due_at: int) -> None:
        with self.db.write() as conn:
            leases.finish(conn, DESTINATIONS, place.target, place.fence, due_at=due_at)

    def _goes_through(self, target: str, service: Notifier) -> bool:
        return not is_service(target) and self.service_to(target).type == service.type

    def _alarm(self, conn: Connection, name: str, waiting: int, now: int) -> None:
        """One notice, by e-mail where the operator has an address: the way they usually hear may be what is down."""
        kind = f"{WORKSPACE}:{name}"
        target = OPERATOR
        if self.speaking.by_email and self.speaking.operator_email is not None:
            by_mail = f"{MAIL}{self.speaking.operator_email}"
            target = OPERATOR if self.service_to(by_mail).type == name else by_mail
        row = operator_notice(kind, waiting, now)
        notices.add(conn, [{**row, "key": f"{OPERATOR}:{kind}:{now}", "target": target}])
        outbox.call(conn, {target: now})


def is_service(target: str) -> bool:
    """Whether a destination is a service that is asked, and nobody who is told."""
    return target.startswith(_SERVICE)


def reason_of(service: str) -> str:
    """Why the destinations of a service are paused while it is down."""
    return f"{WORKSPACE}:{service}"


def resume(conn: Connection, reason: str, now: int, *, actor: str = "stalewatch") -> int:
    """Let everything that was paused for a reason go on, on trial; return how many destinations that are."""
    name = reason.removeprefix(f"{WORKSPACE}:")
    known = facts.read(conn, _key(name))
    if known is not None:
        facts.write(conn, _key(name), {**known, "trial_at": now})
    went_on = outbox.resume(conn, reason)
    audit.add(conn, at=now, actor=actor, action="service.resumed", obj=name, after={"destinations": went_on})
    return went_on


def since(conn: Connection, service: str) -> tuple[int, str] | None:
    """Since when a service is down, and its own words for it; None if it works."""
    known = facts.read(conn, _key(service))
    return None if known is None or known["trial_at"] is not None else (int(known["since"]), str(known["what"]))


def down(conn: Connection) -> list[str]:
    """The services that take no messages now."""
    known = facts.beginning(conn, _key(""))
    return sorted(key.removeprefix(_key("")) for key, value in known.items() if value["trial_at"] is None)


def _key(service: str) -> str:
    return f"outage:{service}"
