"""What answers people in Slack, of one project: the inbox, the signing secret, the socket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from stalewatch.domain.instants import to_us
from stalewatch.sdk.notifier import NotifierSettings
from stalewatch.services.answering.attending import Attendant
from stalewatch.services.answering.identity import Identities
from stalewatch.services.answering.inbox import Inbox
from stalewatch.services.answering.looking import Looking
from stalewatch.services.answering.presses import Answering
from stalewatch.services.answering.screens import Screens
from stalewatch.services.reporting.glancing import Glancing
from stalewatch.services.telling.acquainting import Acquainting
from stalewatch.wiring.live import Each, Live
from stalewatch.wiring.offices import office_of
from stalewatch.wiring.project import Stalewatch

if TYPE_CHECKING:
    from stalewatch.delivery.slack.socket import Socket

SLACK: Final = "slack"
_SECONDS: Final = 2.5
"""How long one question to Slack may take; a form has to be answered within three."""


@dataclass(frozen=True, slots=True)
class Reception:
    """Where what people do in Slack arrives: by signed requests, by Socket Mode, or both.

    Attributes:
        signing_secret: "" if no requests are taken.
    """

    attendant: Attendant
    signing_secret: str
    socket: Socket | None = None

    def start(self) -> None:
        """Begin to listen on the socket, if there is one."""
        if self.socket is not None:
            self.socket.start()

    def stop(self) -> None:
        """End the socket, then what is under way."""
        if self.socket is not None:
            self.socket.stop()
        self.attendant.stop()


def inbox_of(project: Stalewatch, language: str | None = None) -> Inbox | None:
    """The inbox of a project; None if nobody could put anything into it.

    Args:
        language: overrides everybody's; None leaves it to them.

    Raises:
        ConfigurationError: `notify.slack` cannot be used.
    """
    told = _told(project)
    return None if told is None else _inbox_of(project, told, language)


def _inbox_of(project: Stalewatch, told: NotifierSettings, language: str | None) -> Inbox:
    from stalewatch.delivery.slack.options import base_url, client  # noqa: PLC0415  # slack_sdk, only with Slack
    from stalewatch.delivery.slack.responding import Responder  # noqa: PLC0415

    slack, speaking = client(told, timeout=_SECONDS), project.speaking
    now = lambda: to_us(project.clock.now())  # noqa: E731
    identities = Identities(slack, now, speaking.people)
    answering = Answering(project.db, project.clock, office_of(project), speaking, slack, identities, language)
    zone = project.rulebook.calendars.default.spec.zone
    looking = Looking(project.db, project.clock, speaking, identities, zone, language)
    link = None if speaking.public_url is None else f"{speaking.public_url.rstrip('/')}/deals/{{id}}"
    screens = Screens(
        project.db, slack, looking, Glancing(project.rulebook, project.sources, link), Responder(base_url(told)),
        speaking.public_url,
    )  # fmt: skip
    return Inbox(project.db, project.clock, answering, screens)


def acquainting_of(project: Stalewatch) -> Callable[[], object]:
    """Asks Slack about those who are about to be told something: their language and zone; nothing without Slack.

    Raises:
        ConfigurationError: when it is called, if `notify.slack` cannot be used.
    """
    options = project.settings.notify.get(SLACK)
    if options is None:
        return lambda: None

    def acquaint() -> int:
        from stalewatch.delivery.slack.members import at_address  # noqa: PLC0415
        from stalewatch.delivery.slack.options import client  # noqa: PLC0415

        slack = client(NotifierSettings(options=options, base=project.settings.base, now=project.clock.now))
        return Acquainting(project.db, project.clock, project.speaking, partial(at_address, slack)).run()

    return acquaint


def reception_of(live: Live, language: str | None = None) -> Reception | None:
    """What a server needs to take answers; None if no way for them is configured. Raises like `inbox_of`."""
    told = _told(live.project)
    if told is None:
        return None
    from stalewatch.delivery.slack.options import app_token, base_url, signing_secret  # noqa: PLC0415
    from stalewatch.delivery.slack.socket import Socket  # noqa: PLC0415

    attendant = Attendant(Each(live, lambda project: _inbox_of(project, told, language)))
    token = app_token(told)
    socket = Socket(token, base_url(told), attendant.take) if token else None
    return Reception(attendant, signing_secret(told), socket)


def _told(project: Stalewatch) -> NotifierSettings | None:
    """`notify.slack`, if it says how answers come in."""
    options = project.settings.notify.get(SLACK)
    if options is None:
        return None
    from stalewatch.delivery.slack.options import hears_answers  # noqa: PLC0415

    told = NotifierSettings(options=options, base=project.settings.base, now=project.clock.now)
    return told if hears_answers(told) else None
