"""Links for people outside, as a project makes and opens them."""

from __future__ import annotations

from collections.abc import Callable

from stalewatch.domain.durations import elapsed
from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.services.answering.link_tokens import Purpose, signer_of
from stalewatch.services.answering.loss_answers import Asked
from stalewatch.services.answering.loss_check import LossChecks
from stalewatch.services.answering.partners import Partners
from stalewatch.services.answering.public_links import PublicLinks
from stalewatch.wiring.project import Stalewatch


def public_links(project: Stalewatch) -> PublicLinks | None:
    """Makes links; None where nobody could open one: it takes `web.public_url` and `secrets.key`."""
    settings = project.settings
    signer, home = signer_of(settings.secrets), settings.web.public_url
    if signer is None or home is None:
        return None
    lives = {Purpose.LOSS_CHECK: settings.links.loss_check, Purpose.PARTNER: settings.links.partner}
    return PublicLinks(
        signer=signer,
        home=home.rstrip("/"),
        lives={purpose: elapsed(length) for purpose, length in lives.items()},
    )


def loss_checks(project: Stalewatch) -> LossChecks | None:
    """Makes the mails of loss checks; None where their links could not be opened."""
    links = public_links(project)
    return None if links is None else LossChecks(links)


def partners(project: Stalewatch) -> Partners:
    """Takes what partners report, and makes their links."""
    links = public_links(project)
    return Partners(project.db, project.rulebook, signer_of(project.settings.secrets), links)


def customers(project: Stalewatch) -> Asked:
    """Takes what customers answer."""
    return Asked(
        project.rulebook, project.speaking, signer_of(project.settings.secrets), allowed_by(project)
    )  # fmt: skip


def allowed_by(project: Stalewatch) -> Callable[[str], Writeback]:
    """What may be written into the CRM of a connection; of one that is not configured any more, nothing."""

    def allowed(connection: str) -> Writeback:
        try:
            return project.connection(connection).writeback
        except ConfigurationError:
            return Writeback.NONE

    return allowed
