"""Laws that are asked for minutes instead of for a number of examples: `make thorough ARGS="-m fuzz --minutes 10"`."""

from __future__ import annotations

from secrets import randbits
from time import monotonic

import pytest
from hypothesis import seed


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--minutes", type=float, default=0.0, help="how long each test marked `fuzz` asks again and again")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Ask such a law with one seed after the other until its time is over; the first one that fails is shown."""
    minutes = pyfuncitem.config.getoption("--minutes")
    if not minutes or pyfuncitem.get_closest_marker("fuzz") is None:
        return None
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    first = following = randbits(31)
    end = monotonic() + 60 * minutes
    while following == first or monotonic() < end:
        seed(following)(pyfuncitem.obj)(**given)
        following += 1
    said = f"{pyfuncitem.name}: {minutes:g} minutes, {following - first:,} seeds from {first} on"
    pyfuncitem.user_properties.append(("figures", said))
    return True
