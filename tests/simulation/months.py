"""One seed's month with all its checks."""

from __future__ import annotations

from collections.abc import Callable

from tests.simulation.again import judged_again
from tests.simulation.checks import Checks, in_the_end
from tests.simulation.play import Broken, Play, prepare
from tests.simulation.stage import Theatre


def month(seed: int, theatre: Theatre, shows: Callable[[Play], None] = lambda _: None) -> Play:
    """Play it; `shows` is handed the play before it begins.

    Raises:
        Broken: something did not hold; the error names the seed and the command that tells its story.
    """
    play = prepare(seed, theatre)
    play.checks = Checks()
    shows(play)
    try:
        play.run()
        in_the_end(play)
        judged_again(play)
    except Broken as error:
        raise Broken(f"{error}\npython -m tests.simulation {seed} --trace") from error
    return play
