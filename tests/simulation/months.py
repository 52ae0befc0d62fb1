"""One seed's month with all its checks."""

from __future__ import annotations

from collections.abc import Callable

from stalewatch.clock import FixedClock
from tests.services.company import dice
from tests.simulation import rules
from tests.simulation.again import judged_again
from tests.simulation.checks import Checks, in_the_end
from tests.simulation.company import Crm, Firm
from tests.simulation.ledger import Ledger
from tests.simulation.plan import Drawing, Plan, draw
from tests.simulation.play import Broken, Play
from tests.simulation.stage import Theatre


def month(
    seed: int, theatre: Theatre, shows: Callable[[Play], None] = lambda _: None, *, draws: Drawing = draw
) -> Play:
    """Play it; `shows` is handed the play before it begins.

    Args:
        draws: whose month it is: that of a company, or of a tiny one.

    Raises:
        Broken: something did not hold; the error names the seed and the command that tells its story.
    """
    play = prepare(seed, theatre, draws(dice(seed)))
    play.checks = Checks()
    shows(play)
    try:
        play.run()
        in_the_end(play)
        judged_again(play)
    except Broken as error:
        tiny = "" if draws is draw else " --tiny"
        raise Broken(f"{error}\npython -m tests.simulation {seed}{tiny} --trace") from error
    return play


def prepare(seed: int, db: Theatre, plan: Plan) -> Play:
    """A world for a seed, in which nothing has happened yet."""
    clock = FixedClock(plan.start)
    db.begins(clock)
    firm, throws = Firm(dice(seed + 1), alone=plan.alone), dice(seed + 2)
    catalogue = rules.book(plan.calendar, 0, plan.age).rules.catalogue
    names = {obj: list(fields) for obj, fields in catalogue.objects.items()}
    crm, ledger = Crm(names, firm, clock.now), Ledger(clock, throws)
    play = Play(seed, db, plan, firm, clock, crm, ledger)
    db.asleep = ledger.freezes = play.freezes
    ledger.said = play.say
    crm.in_two = seed % 3 == 0
    return play
