"""A page of the stalled list that holds is answered from memory, and never after anything of it changed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.databases import SQLITE_DAILY
from tests.services.world import World
from tests.store.builders import statements
from tests.web.office import Office

pytestmark = SQLITE_DAILY
LIST = "/v1/deals/stalled"


def test_a_page_that_holds_is_not_read_again(office: Office) -> None:
    first = office.get(LIST, limit=100)
    with statements() as sent:
        again = office.get(LIST, limit=100)
    assert sent == []
    assert again.content == first.content
    assert office.get(LIST, {"If-None-Match": first.headers["etag"]}, limit=100).status_code == 304


def test_a_record_that_changes_is_told_anew_and_the_others_are_not_read(office: Office, world: World) -> None:
    first = office.get(LIST)
    world.changes("acme", amount_in_project_currency=Decimal(77))
    world.syncs()
    second = office.get(LIST, {"If-None-Match": first.headers["etag"]})
    assert second.status_code == 200
    before, after = ({item["name"]: item for item in one.json()["items"]} for one in (first, second))
    assert (before["Acme"]["amount"], after["Acme"]["amount"]) == (1_200_000, 77)
    assert before["=Zeta"] == after["=Zeta"]


def test_days_pass_without_anything_being_written(office: Office, world: World) -> None:
    def over() -> list[int]:
        return [item["days_over"] for item in office.get(LIST).json()["items"]]

    before = over()
    world.clock.advance(timedelta(days=7))
    assert all(later > earlier for earlier, later in zip(before, over(), strict=True))


def test_the_age_of_the_data_is_that_of_the_moment(office: Office, world: World) -> None:
    office.get(LIST)
    world.clock.advance(timedelta(seconds=90))
    answer = office.get(LIST).json()
    assert answer["data_age_seconds"] == 90
    assert answer["as_of"].endswith(":30+00:00")


def test_languages_and_pages_are_kept_apart(office: Office) -> None:
    english, japanese = (office.get(LIST, lang=lang).json()["items"][0] for lang in ("en", "ja"))
    assert (english["id"], english["explain"] != japanese["explain"]) == (japanese["id"], True)
    [first] = office.get(LIST, limit=1).json()["items"]
    following = office.get(LIST, limit=1).json()["next"]
    [second] = office.get(LIST, limit=1, next=following).json()["items"]
    assert first["id"] != second["id"]


def test_a_wrong_question_is_wrong_every_time(office: Office) -> None:
    assert [office.get(LIST, limit=0).status_code for _ in range(2)] == [422, 422]
    assert [office.get(LIST, next="nowhere").status_code for _ in range(2)] == [422, 422]


def test_who_may_not_ask_gets_no_answer_that_somebody_else_got(office: Office) -> None:
    assert office.get(LIST).status_code == 200
    office.token = None
    assert office.get(LIST).status_code == 401
