"""Why a route was taken, and by which way somebody is reached."""

from __future__ import annotations

import pytest

from stalewatch.delivery.wording.route_words import RouteSpeaker
from stalewatch.domain.directory import Directory, Person
from stalewatch.domain.foreseen import Tried
from stalewatch.domain.route_conditions import FieldTest, Where
from stalewatch.domain.routing import Reason, Route, Target, Via
from tests.delivery.tellings import NOW, sato
from tests.services.world import default_pack, rulebook


def speaker() -> RouteSpeaker:
    people = Directory(people={"tanaka": Person(key="tanaka", name="Tanaka", email="tanaka@acme.example")})
    return RouteSpeaker(rulebook(default_pack()).rules, people, sato().reads(NOW))


def test_a_route_that_matches_says_by_what() -> None:
    where = Where((FieldTest("stage", "is", "negotiation"), FieldTest("rule", "not", "ghosted")))
    assert speaker().tried(Tried(Route(name="desk", to=("owner",), matches=where))) == (
        "matches: Stage is Negotiation; rule is not ghosted"
    )


@pytest.mark.parametrize(
    ("rung", "said"),
    [
        (Target(target="mail:t", address="mailto:tanaka@acme.example", via=Via.EMAIL, reason=Reason.OWNER,
                person="tanaka"), "Tanaka (tanaka@acme.example): the owner, by e-mail"),
        (Target(target="channel:#desk", address="#desk", via=Via.CHANNEL, reason=Reason.CHANNEL),
         "#desk: the route names it"),
    ],
)  # fmt: skip
def test_a_rung_says_who_where_and_why(rung: Target, said: str) -> None:
    assert speaker().recipient(rung) == said
