"""Whatever OpenAPI allows, and what it does not, asked by every role of the company: no fault, nothing undescribed, no
way around the guard, and nothing learnt by the id of what is hidden (security, S2, S9, S37)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance

from stalewatch.services.access import tokens
from tests.web.organisation import IDS, Organisation, Stage, staged

pytestmark = pytest.mark.security
TREE: Final = {**dict.fromkeys(IDS), "crm:p1": "crm:p0", "crm:p2": "crm:p1"}
WHO: Final = {"rep": "p1", "manager": "p0", "revops": "p4", "admin": "p5"}
MEANT: Final = {"from", "to", "next"}
"""What a schema cannot say of a value: that one day is not after another, that a cursor belongs to this list. What is
sent in a body means more than that, and is told in words."""


@pytest.fixture(scope="module")
def stage(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    for found in staged(sqlite_template, tmp_path_factory.mktemp("any")):
        roles = {"p4@acme.example": "revops", "p5@acme.example": "admin"}
        found.becomes(Organisation(managers=TREE, granted=roles), phone="p2@acme.example")
        yield found


@pytest.fixture(scope="module")
def callers(stage: Stage) -> dict[str, str]:
    """role -> a token that may all that the role may."""
    made = {role: stage.tokens[f"{name}@acme.example"] for role, name in WHO.items()}
    world = stage.world
    partner = tokens.create(world.db, "partner", ["partner:report"], world.us, deals=["crm:p0-late"])
    return {**made, "partner": partner}


def operations(stage: Stage) -> list[Any]:
    """What callers with a token may ask; Slack's routes take signed requests of Slack and nothing else."""
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", stage.app)
    every: Iterator[Any] = schema.get_all_operations()
    return [one for found in every if not (one := found.ok()).path.startswith("/slack/")]


def asked(operation: Any, mode: GenerationMode, check: Callable[[Case[Any]], None], many: int) -> None:
    """Let a check see so many requests of one operation."""
    drawn = settings(
        max_examples=many, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    drawn(given(case=operation.as_strategy(generation_mode=mode))(check))()


def is_asked(operation: Any, mode: GenerationMode) -> bool:
    """What takes nothing cannot be asked wrongly."""
    return mode.is_positive or operation.path not in ("/healthz", "/readyz", "/metrics", "/v1/openapi.json")


def holds(case: Case[Any], token: str) -> None:
    """Every check of schemathesis, with what it cannot know of us."""
    assume("" not in (case.query or {}).values())  # a parameter without a value, as forms send them, was not given
    excluded: list[Any] = [positive_data_acceptance, *([not_a_server_error] if case.path == "/readyz" else [])]
    answer = case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=excluded)
    is_right = case.meta is not None and case.meta.generation.mode.is_positive
    if is_right and case.method == "GET" and answer.status_code == 422:
        told = answer.json()
        assert {one["name"] for one in told.get("errors", ())} <= MEANT, (case.formatted_path, case.query, told)


def holding(token: str) -> Callable[[Case[Any]], None]:
    """`holds` for one caller."""

    def check(case: Case[Any]) -> None:
        holds(case, token)

    return check


def test_s2_whatever_is_asked_is_answered_as_described(stage: Stage, callers: dict[str, str]) -> None:
    """A fifth of the operations, rightly or wrongly, by one role after the other; `make thorough`: all by all."""
    turns = zip(operations(stage)[::5], cycle(callers), cycle(GenerationMode), strict=False)
    for operation, role, mode in turns:
        if is_asked(operation, mode):
            asked(operation, mode, holding(callers[role]), 1)


@pytest.mark.slow
@pytest.mark.parametrize("role", ["rep", "manager", "revops", "admin", "partner"])
def test_s37_much_of_whatever_is_asked_by_every_role(stage: Stage, callers: dict[str, str], role: str) -> None:
    for operation in operations(stage):
        for mode in GenerationMode:
            if is_asked(operation, mode):
                asked(operation, mode, holding(callers[role]), 25)


@pytest.mark.parametrize("role", ["rep", pytest.param("partner", marks=pytest.mark.slow)])
def test_s9_an_id_of_what_is_hidden_is_answered_as_one_of_what_is_not_there(
    stage: Stage, callers: dict[str, str], role: str
) -> None:
    """S9: for every operation that takes an id, whatever else is sent along."""
    hidden = {"deals": "crm:p3-late", "leads": "crm:p3-lead", "alerts": stage.alerts["crm:p3-late"]}
    hidden["partners"] = hidden["deals"]
    headers = {"Authorization": f"Bearer {callers[role]}"}

    def check(case: Case[Any]) -> None:
        name = "deal" if "{deal}" in case.path else "id"
        answers = []
        for known in (hidden[case.path.split("/")[2]], "crm:nobody-late"):
            case.path_parameters[name] = known
            answers.append(case.call(headers=headers))
        first, second = ((one.status_code, one.text) for one in answers)
        assert first == second
        assert first[0] in (403, 404, 409, 422), "nothing that was done"

    for operation in operations(stage):
        if operation.path.startswith(tuple(f"/v1/{kind}/{{" for kind in hidden)):
            asked(operation, GenerationMode.POSITIVE, check, 1)
