"""`stalewatch deals partner-link`: the link by which the partner of a deal reports, or the end of it."""

from __future__ import annotations

from contextlib import closing

import click

from stalewatch.cli.actor import actor
from stalewatch.cli.asking import reader_of
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json
from stalewatch.cli.projects import language_of, open_project
from stalewatch.cli.records import record_called
from stalewatch.delivery.catalogues import LANGUAGES
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.instants import from_us, to_us
from stalewatch.sdk.errors import ConfigurationError, StalewatchError
from stalewatch.services.answering.partner_links import NotForPartners
from stalewatch.services.answering.partners import NoReport, Partners
from stalewatch.wiring.links import partners


@command("partner-link")
@click.argument("record", metavar="ID")
@click.option("--page", type=click.Choice(LANGUAGES), help="The language in which its page greets [default: en].")
@click.option("--revoke", is_flag=True, help="End every link of this deal instead.")
def partner_link(invocation: Invocation, record: str, page: str | None, revoke: bool) -> None:
    """Make the link by which the partner of a deal reports in three lines, as often as they like, without a login.

    It is shown this once: only its hash is stored. Send it to the partner; it is good for a year (`links.partner`) or
    until the deal is closed, becomes another partner's, or the link is revoked.

    \b
    Examples:
      stalewatch deals partner-link sf:006A00000123
      stalewatch deals partner-link sf:006A00000123 --page ja
      stalewatch deals partner-link sf:006A00000123 --revoke
    """
    with closing(open_project(invocation)) as app:
        deal = record_called(app, record, language_of(invocation, app.settings))
        reader, now = reader_of(app, invocation), to_us(app.clock.now())
        own = partners(app)
        try:
            told, lines = _revoked(own, deal, now, reader) if revoke else _made(own, deal, now, page or "en", reader)
        except NoReport as error:
            raise _none(error.why, deal, reader) from None
    if invocation.json:
        as_json(told)
        return
    click.echo(lines[0])
    for line in lines[1:]:
        click.echo(line, err=True)


def _made(own: Partners, deal: str, now: int, page: str, reader: Reader) -> tuple[dict[str, object], list[str]]:
    made = own.make_link(deal, actor=actor(), now=now, language=page, visible=None)
    told = {"record": deal, "partner": made.partner or None, "url": made.address, "expires_at": made.expires_at}
    words = reader.words
    until = words.gettext("Good until {date}. It is shown this once.").format(
        date=moment(made.expires_at, reader, timed=False)
    )
    whose = [words.gettext("For {partner}.").format(partner=clean(made.partner))] if made.partner else []
    return {**told, "expires_at": from_us(made.expires_at).isoformat()}, [made.address, " ".join([*whose, until])]


def _revoked(own: Partners, deal: str, now: int, reader: Reader) -> tuple[dict[str, object], list[str]]:
    many = own.revoke_links(deal, actor=actor(), now=now, visible=None)
    said = reader.words.ngettext("{count} link revoked", "{count} links revoked", many)
    return {"record": deal, "revoked": many}, [said.format(count=reader.number(many))]


def _none(why: NotForPartners, deal: str, reader: Reader) -> StalewatchError:
    words = reader.words
    if why is NotForPartners.NO_LINKS:
        return ConfigurationError(
            words.gettext("nobody could open a link of this project"),
            cure=words.gettext("set `web.public_url` and `secrets.key`"),
        )
    says = {
        NotForPartners.NOT_FOUND: words.gettext("it is a lead, not a deal"),
        NotForPartners.NO_PARTNER_DEAL: words.gettext(
            "it is no partner deal: `partner_deals` of its connection says which are"
        ),
        NotForPartners.CLOSED: words.gettext("it is closed, or gone from its CRM"),
    }
    return StalewatchError(says[why], where=deal)
