"""A law that is asked for minutes is asked something else each time, and fails when its law does."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import fuzzing


def asked(law: Callable[..., None], *marks: str, minutes: float) -> tuple[bool | None, list[Any]]:
    """Whether the plugin ran it, and the figures that it took."""
    item = SimpleNamespace(
        config=SimpleNamespace(getoption=lambda _name: minutes), get_closest_marker=dict.fromkeys(marks, True).get,
        funcargs={}, _fixtureinfo=SimpleNamespace(argnames=()), obj=law, name="law", user_properties=[],
    )  # fmt: skip
    return fuzzing.pytest_pyfunc_call(item), item.user_properties  # type: ignore[arg-type]


def law_of(seen: set[int], limit: int) -> Callable[..., None]:
    @settings(max_examples=5, database=None)
    @given(st.integers(0, 2**62))
    def law(number: int) -> None:
        seen.add(number)
        assert len(seen) < limit

    return law


def test_it_goes_on_with_other_seeds_until_its_time_is_over() -> None:
    seen: set[int] = set()
    ran, [(kind, said)] = asked(law_of(seen, 10**9), "fuzz", minutes=0.005)
    assert (ran, kind) == (True, "figures")
    assert said.startswith("law: 0.005 minutes, ")
    assert len(seen) > 10


def test_what_fails_late_fails() -> None:
    with pytest.raises(AssertionError):
        asked(law_of(set(), 30), "fuzz", minutes=5)


@pytest.mark.parametrize(("marks", "minutes"), [(("fuzz",), 0.0), (("slow",), 5.0)])
def test_others_are_pytests_own(marks: tuple[str, ...], minutes: float) -> None:
    seen: set[int] = set()
    assert asked(law_of(seen, 10**9), *marks, minutes=minutes) == (None, [])
    assert not seen
