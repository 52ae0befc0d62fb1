"""`stalewatch rules preview`: what the rules would say if the files as they are now came into force."""

from __future__ import annotations

from contextlib import closing

import click

from stalewatch import wiring
from stalewatch.cli.asking import microseconds, owners_named, reader_of, rule_named
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.list_options import span
from stalewatch.cli.preview_sheet import Shown
from stalewatch.cli.progress import Progress
from stalewatch.cli.trial_options import print_sheet, shown
from stalewatch.delivery.wording.times import duration
from stalewatch.domain.durations import Duration
from stalewatch.domain.instants import to_us
from stalewatch.services.previewing.known import known
from stalewatch.services.previewing.preview import Asked, preview
from stalewatch.wiring import Stalewatch


@command("preview")
@click.option("--rule", "rules", multiple=True, metavar="ID", help="Only this rule; may be given several times.")
@span
@click.option("--owner", metavar="WHO", help="Only of this owner: an e-mail address, a name or an id.")
@click.option("--object", "obj", type=click.Choice(["deal", "partner_deal", "lead"]), help="Only this kind of record.")
@shown
def show_preview(
    invocation: Invocation, rules: tuple[str, ...], within: Duration, owner: str | None, obj: str | None, limit: int,
    everything: bool, shape: str | None,
) -> None:  # fmt: skip
    """Show who is late or at risk by the rule files as they are now, and what would be told; nothing is written.

    It judges the stored records, not the deadlines stored with them, and only reads: also from a replica.

    \b
    Examples:
      stalewatch rules preview
      stalewatch rules preview --rule ghosted --within 2w
      stalewatch rules preview --owner sato@acme.com --format markdown
    """
    with closing(wiring.open_project(
        invocation.config, now=invocation.now, language=invocation.lang, looking=True
    )) as app:  # fmt: skip
        asked = _asked(app, rules, within, owner, obj, None if everything else limit)
        with Progress() as bar:
            found = preview(app.db, app.rulebook, app.sources, asked, bar.show)
        reader = reader_of(app, invocation)
        names = known(app.db, app.speaking, ((case.object, case.id) for case in found.cases))
        told = Shown(found, asked, app.rulebook, names, reader, duration(within, reader))
        print_sheet(invocation, shape, told.sheet, told.data)


def _asked(
    app: Stalewatch, rules: tuple[str, ...], within: Duration, owner: str | None, obj: str | None, limit: int | None
) -> Asked:
    now = to_us(app.clock.now())
    named = frozenset(name for one in rules if (name := rule_named(app, one)) is not None)
    until = now + microseconds(app, within, now)
    return Asked(now=now, until=until, rules=named or None, owners=owners_named(app, owner), obj=obj, limit=limit)
