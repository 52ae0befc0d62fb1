"""E-mail as somebody's own way, a route's, or everybody's: from a deal that is late to a letter over real SMTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from stalewatch.delivery.by_address import ByAddress
from stalewatch.domain.policies import Override, Speaking
from stalewatch.domain.routing import OnUnknown, Route
from stalewatch.sdk.notifier import Style
from tests.databases import SQLITE_DAILY
from tests.delivery.email.post_office import PostOffice, opened
from tests.services.conftest import Founder
from tests.services.heard import QUIET, delivery_states
from tests.services.test_stories_dispatch import free
from tests.services.world import Mailboxes, World, at, deal

pytestmark = SQLITE_DAILY
SATO = "sato@acme.example"
TO_OWNER = Speaking(routes=(Route(name="all", to=("owner",)),), by_email=True)
BY_MAIL = replace(TO_OWNER, people={SATO: Override(by_mail=True)})


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with opened() as office:
        yield office


def late(found: Founder, office: PostOffice, speaking: Speaking) -> tuple[World, Mailboxes]:
    world = found(QUIET.replace("    warn: 4d\n", ""), speaking=speaking)
    usual = world.mail
    world.mail = ByAddress(usual, office.notifier())  # type: ignore[assignment]  # the messenger, and mail beside it
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="x"))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-17 09:00")
    return world, usual


def heard(office: PostOffice) -> list[tuple[str, str]]:
    return [(letter["To"], letter["Subject"]) for letter in office.letters]


@pytest.mark.parametrize(
    ("language", "subject"), [("en", "1 deal needs a next step from you"), ("ja", "次の一歩が必要な案件が1件あります")]
)
@pytest.mark.parametrize("style", [Style.DIGEST, pytest.param(Style.IMMEDIATE, marks=pytest.mark.slow)])
def test_who_is_told_by_mail_gets_letters_in_their_language(
    found: Founder, office: PostOffice, language: str, subject: str, style: Style
) -> None:
    people = {SATO: Override(by_mail=True, language=language)}
    routes = (Route(name="all", to=("owner",), style=style),)
    world, usual = late(found, office, replace(BY_MAIL, people=people, routes=routes, immediate_per_day=3))
    [(to, title)] = heard(office)
    assert (to, usual.messages) == (SATO, [])
    assert title.startswith(subject if style is Style.DIGEST else "Acme")
    assert office.letters[0]["Content-Language"] == language
    assert delivery_states(world) == ["sent"]


def test_a_route_may_name_a_mailbox(found: Founder, office: PostOffice) -> None:
    routes = (Route(name="all", to=("owner", "mail:ops@acme.example")),)
    _, usual = late(found, office, replace(TO_OWNER, routes=routes))
    assert [message.target for message in usual.messages] == [f"person:{SATO}"]
    assert [to for to, _ in heard(office)] == ["ops@acme.example"]


@pytest.mark.slow
def test_a_mailbox_that_cannot_be_reached_for_want_of_a_server_is_passed_over(
    found: Founder, office: PostOffice
) -> None:
    routes = (Route(name="all", to=("mail:ops@acme.example",)),)
    _, usual = late(found, office, Speaking(routes=routes, operator_channel="#revops"))
    assert [message.target for message in usual.messages] == ["operator"]


def test_where_there_is_no_messenger_everybody_is_told_by_mail(found: Founder, office: PostOffice) -> None:
    _, usual = late(found, office, replace(TO_OWNER, mail_first=True, names_suffice=True))
    assert [to for to, _ in heard(office)] == [SATO]
    assert usual.messages == []


def test_a_mailbox_that_is_gone_hands_over_to_the_messenger(found: Founder, office: PostOffice) -> None:
    office.refuses["RCPT"] = "550 no such user"
    world, usual = late(found, office, BY_MAIL)
    assert [message.target for message in usual.messages] == [f"person:{SATO}"]
    assert sorted(delivery_states(world)) == ["rerouted", "sent"]


@pytest.mark.slow
def test_a_server_that_is_busy_is_tried_again(found: Founder, office: PostOffice) -> None:
    office.refuses["DATA"] = "451 later"
    world, _ = late(found, office, BY_MAIL)
    assert (heard(office), delivery_states(world)) == ([], ["ready"])
    office.refuses.clear()
    free(world)
    world.reaches("2026-03-17 09:10")
    assert [to for to, _ in heard(office)] == [SATO]


@pytest.mark.parametrize(
    ("on_unknown", "letters", "state"), [(OnUnknown.PARK, 1, "parked"), (OnUnknown.RESEND, 2, "sent")]
)
def test_a_letter_of_unknown_fate_is_set_aside_or_is_the_same_letter_again(
    found: Founder, office: PostOffice, on_unknown: OnUnknown, letters: int, state: str
) -> None:
    office.refuses["REPLY"] = "lost"
    routes = (Route(name="all", to=("owner",), on_unknown=on_unknown),)
    world, _ = late(found, office, replace(BY_MAIL, routes=routes))
    assert delivery_states(world) == ["unknown"]
    office.refuses.clear()
    for _ in range(2):
        free(world)
        world.rounds()
    assert (len(office.letters), delivery_states(world)[0]) == (letters, state)
    assert len({letter["Message-ID"] for letter in office.letters}) == 1
