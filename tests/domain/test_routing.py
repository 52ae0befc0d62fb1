"""Whom a notice reaches, and what is said about those it passed over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain.directory import Directory, Person
from stalewatch.domain.route_conditions import FieldTest, Where
from stalewatch.domain.routing import (
    EVERYTHING_ELSE,
    UNDELIVERED,
    Reason,
    Route,
    Target,
    Via,
    after,
    firsts,
    ladders,
    route_for,
)
from stalewatch.sdk.notifier import Style

BIG = Route(
    name="big deal at stake",
    to=("owner", "owner.manager"),
    matches=Where((FieldTest("severity", "is", "critical"), FieldTest("amount", "at_least", 30_000_000))),
    style=Style.IMMEDIATE,
)
CRITICAL = Route(name="critical", to=("owner",), matches=Where((FieldTest("severity", "is", "critical"),)))
LEADS = Route(name="leads", to=("#inside-sales",), matches=Where((FieldTest("watch", "is", "lead"),)))
REST = Route(name="everything else", to=("owner",))
ROUTES = (BIG, CRITICAL, LEADS, REST)


def person(key: str, **more: object) -> Person:
    defaults: dict[str, object] = {"name": key.title(), "email": f"{key}@acme.example"}
    return Person(key=key, **{**defaults, **more})  # type: ignore[arg-type]


def company(*people: Person, **more: object) -> Directory:
    defaults: dict[str, object] = {
        "channels": {"tokyo": "#sales-tokyo"},
        "operator_channel": "#revops",
        "operator_email": "ops@acme.example",
        "by_email": True,
    }
    return Directory(people={one.key: one for one in people}, **{**defaults, **more})  # type: ignore[arg-type]


SATO = person("sato", manager="tanaka", team="tokyo", alias="U012ABC")
TANAKA = person("tanaka", team="tokyo")
ACME = company(SATO, TANAKA)


def owner_ladder(owner: str | None, directory: Directory = ACME, team: str | None = None) -> tuple[Target, ...]:
    (ladder,) = ladders(REST, owner, directory, team=team)
    return ladder


class TestTheFirstRouteThatMatches:
    def test_is_taken_from_top_to_bottom(self) -> None:
        facts = {"severity": "critical", "amount": 30_000_000, "watch": "deal"}
        assert route_for(ROUTES, facts) is BIG
        assert route_for(ROUTES, {**facts, "amount": 29_999_999}) is CRITICAL

    def test_an_empty_amount_is_not_big(self) -> None:
        assert route_for(ROUTES, {"severity": "critical", "amount": None}) is CRITICAL

    def test_without_any_route_the_owner_is_told(self) -> None:
        assert route_for([LEADS], {"watch": "deal"}) is EVERYTHING_ELSE

    @pytest.mark.parametrize(
        ("word", "operand", "passes"),
        [
            ("is", "a", "a"),
            ("in", ("a", "b"), "b"),
            ("not", "b", "a"),
            ("not_in", ("b", "c"), "a"),
            ("set", None, "a"),
            ("empty", None, ""),
            ("at_least", 3, 3),
            ("more_than", 3, 4),
            ("at_most", 3, 3),
            ("below", 3, 2),
        ],
    )
    def test_every_comparison_can_hold_and_fail(self, word: str, operand: object, passes: object) -> None:
        test = FieldTest("x", word, operand)  # type: ignore[arg-type]
        fails = {"is": "z", "in": "z", "not": "b", "not_in": "c", "set": "", "empty": "a"}.get(word)
        failing = fails if fails is not None else {"at_least": 2, "more_than": 3, "at_most": 4, "below": 3}[word]
        assert test.holds({"x": passes})
        assert not test.holds({"x": failing})

    def test_a_number_is_never_compared_with_a_text(self) -> None:
        assert not FieldTest("amount", "at_least", 3).holds({"amount": "30"})

    def test_an_unknown_word_or_a_stray_list_is_refused(self) -> None:
        with pytest.raises(ValueError, match="not a comparison"):
            FieldTest("amount", "over", 3)
        with pytest.raises(ValueError, match="does not take"):
            FieldTest("stage", "is", ("a",))


class TestTheOwnerIsToldFirst:
    def test_then_their_alias_manager_team_operator_and_mail(self) -> None:
        rungs = [(rung.reason, rung.address) for rung in owner_ladder("sato")]
        assert rungs == [
            (Reason.OWNER, "sato@acme.example"),
            (Reason.ALIAS, "U012ABC"),
            (Reason.INSTEAD_OF_OWNER, "tanaka@acme.example"),
            (Reason.TEAM_CHANNEL, "#sales-tokyo"),
            (Reason.OPERATOR_CHANNEL, "#revops"),
            (Reason.BY_EMAIL, "mailto:sato@acme.example"),
            (Reason.BY_EMAIL, "mailto:ops@acme.example"),
            (Reason.NOBODY_LEFT, UNDELIVERED),
        ]

    def test_by_alias_alone_where_there_is_no_address(self) -> None:
        first = owner_ladder("sato", company(person("sato", email=None, alias="U1")))[0]
        assert (first.address, first.target, first.reason) == ("U1", "person:Sato", Reason.OWNER)

    def test_by_name_where_the_notifier_can(self) -> None:
        nameless = company(person("sato", email=None), names_suffice=True)
        assert owner_ladder("sato", nameless)[0].address == "Sato"
        assert owner_ladder("sato", company(person("sato", email=None)))[0].passed == (
            Reason.NO_ADDRESS,
            Reason.NO_MANAGER,
            Reason.NO_TEAM_CHANNEL,
        )


class TestWithoutAnOwnerTheManagerIsToldInstead:
    def test_of_a_rep_who_left(self) -> None:
        first = owner_ladder("sato", company(person("sato", active=False, manager="tanaka"), TANAKA))[0]
        assert (first.person, first.reason, first.passed) == (
            "tanaka",
            Reason.INSTEAD_OF_OWNER,
            (Reason.INACTIVE,),
        )

    def test_and_the_managers_manager_if_that_one_left_too(self) -> None:
        gone = company(
            person("sato", active=False, manager="tanaka"),
            person("tanaka", active=False, manager="suzuki"),
            person("suzuki"),
        )
        assert owner_ladder("sato", gone)[0].person == "suzuki"

    def test_a_chain_of_managers_that_bites_its_tail_ends(self) -> None:
        ring = company(
            person("a", active=False, manager="b"), person("b", active=False, manager="a"), operator_channel=None
        )
        assert owner_ladder("a", ring)[0].address == "mailto:ops@acme.example"

    @pytest.mark.parametrize(
        ("owner", "why"), [(None, Reason.NO_OWNER), ("", Reason.NO_OWNER), ("queue", Reason.OWNER_UNKNOWN)]
    )
    def test_of_an_empty_owner_or_a_queue_the_records_team(self, owner: str | None, why: Reason) -> None:
        first = owner_ladder(owner, team="tokyo")[0]
        assert (first.target, first.passed) == ("channel:#sales-tokyo", (why, Reason.NO_MANAGER))


class TestARouteMayNameOthers:
    def test_owner_and_manager_are_two_ladders(self) -> None:
        assert [ladder[0].person for ladder in ladders(BIG, "sato", ACME)] == ["sato", "tanaka"]

    def test_who_is_reached_twice_is_told_once(self) -> None:
        gone = company(person("sato", active=False, manager="tanaka"), TANAKA)
        assert [ladder[0].person for ladder in ladders(BIG, "sato", gone)] == ["tanaka"]

    def test_a_channel_falls_back_to_the_operator(self) -> None:
        (ladder,) = ladders(LEADS, "sato", ACME)
        assert [rung.address for rung in ladder][:2] == ["#inside-sales", "#revops"]

    def test_the_operator_a_person_by_key_and_a_key_nobody_has(self) -> None:
        all_three = ladders(Route(name="r", to=("operator", "tanaka", "ghost")), "sato", ACME)
        reasons = [ladder[0].reason for ladder in all_three]
        assert reasons == [Reason.OPERATOR, Reason.NAMED, Reason.TEAM_CHANNEL]

    def test_a_route_to_nobody_is_seen_as_undelivered(self) -> None:
        ((rung,),) = ladders(Route(name="r", to=()), "sato", ACME)
        assert rung.via is Via.NOWHERE


class TestADestinationThatIsGone:
    def test_hands_over_to_the_next_rung_until_undelivered(self) -> None:
        ladder = owner_ladder("sato")
        walked = [ladder[0]]
        while walked[-1].via is not Via.NOWHERE:
            walked.append(after(ladder, walked[-1].address))
        assert tuple(walked) == ladder
        assert after(ladder, UNDELIVERED).target == UNDELIVERED

    def test_one_that_is_not_on_the_ladder_leads_to_undelivered(self) -> None:
        assert after(owner_ladder("sato"), "#elsewhere").target == UNDELIVERED


people = st.builds(
    Person,
    key=st.sampled_from("abcd"),
    name=st.sampled_from(["", "Name"]),
    email=st.sampled_from([None, "x@y.example"]),
    active=st.booleans(),
    manager=st.sampled_from([None, "a", "b", "c", "d", "queue"]),
    team=st.sampled_from([None, "tokyo", "osaka"]),
    alias=st.sampled_from([None, "U1"]),
)


@given(
    st.lists(people),
    st.sampled_from([None, "", "a", "b", "queue"]),
    st.lists(st.sampled_from(["owner", "owner.manager", "#x", "operator", "c"])),
    st.sampled_from([None, "#revops"]),
    st.booleans(),
)
def test_no_ladder_is_empty_or_speaks_to_somebody_who_left(
    everyone: list[Person], owner: str | None, to: list[str], operator: str | None, names: bool
) -> None:
    directory = Directory(
        people={one.key: one for one in everyone},
        channels={"tokyo": "#tokyo"},
        operator_channel=operator,
        names_suffice=names,
    )
    route = Route(name="r", to=tuple(to))
    assert firsts(route, owner, directory) == tuple(ladder[0] for ladder in ladders(route, owner, directory))
    for ladder in ladders(route, owner, directory):
        assert ladder[-1].target == UNDELIVERED
        assert all(rung.address for rung in ladder)
        assert len({rung.address for rung in ladder}) == len(ladder)
        assert all(directory.people[rung.person].active for rung in ladder if rung.person)


def rungs(ladder: tuple[Target, ...]) -> list[tuple[str, Reason]]:
    return [(rung.address, rung.reason) for rung in ladder]


def test_who_reads_letters_is_told_by_letter_first() -> None:
    sato = person("sato", manager="tanaka", team="tokyo", alias="U012ABC", by_mail=True)
    ladder = owner_ladder("sato", company(sato, TANAKA))
    assert rungs(ladder)[:3] == [
        ("mailto:sato@acme.example", Reason.OWNER), ("sato@acme.example", Reason.OWNER), ("U012ABC", Reason.ALIAS),
    ]  # fmt: skip
    assert (ladder[0].target, ladder[0].via) == ("mail:sato@acme.example", Via.EMAIL)
    assert len({rung.address for rung in ladder}) == len(ladder), "no mailbox stands there twice"


def test_without_a_mail_server_they_are_told_as_everybody() -> None:
    ladder = owner_ladder("sato", company(person("sato", by_mail=True), by_email=False))
    assert rungs(ladder)[0] == ("sato@acme.example", Reason.OWNER)


def test_where_there_is_no_messenger_a_letter_comes_first_and_a_name_will_do() -> None:
    nameless = person("ito", email=None)
    directory = company(SATO, nameless, mail_first=True, names_suffice=True)
    assert rungs(owner_ladder("sato", directory))[0] == ("mailto:sato@acme.example", Reason.OWNER)
    assert rungs(owner_ladder("ito", directory))[0] == ("Ito", Reason.OWNER)


def test_a_route_names_a_mailbox() -> None:
    route = Route(name="ops", to=("mail:desk@acme.example",))
    (ladder,) = ladders(route, "sato", ACME)
    assert rungs(ladder)[0] == ("mailto:desk@acme.example", Reason.NAMED)
    (without,) = ladders(route, "sato", company(SATO, by_email=False))
    assert (without[0].reason, without[0].passed) == (Reason.TEAM_CHANNEL, (Reason.NO_EMAIL,))
