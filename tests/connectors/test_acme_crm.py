"""The worked example of docs/connectors.md: it keeps the contract, and does what the page says it does."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from stalewatch.sdk.connector import Connector, Level
from stalewatch.sdk.errors import (
    BadCursor,
    ConfigurationError,
    Conflict,
    NeedsReconnect,
    Refused,
    TryLater,
    WriteUnknown,
)
from stalewatch.sdk.records import Actor
from stalewatch.sdk.testing import NOON, ConnectorContract, connection_settings
from stalewatch.sdk.writing import Change, Fields, Kind, Lost, Note, marker
from tests.connectors.acme_server import TOKEN, AcmeServer, Answer, row
from tests.house.tree import ROOT

_spec = importlib.util.spec_from_file_location("acme_crm", ROOT / "tests/connectors/third_party/acme_crm.py")
assert _spec is not None
assert _spec.loader is not None
acme_crm = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(acme_crm)


@pytest.fixture
def server() -> Iterator[AcmeServer]:
    with AcmeServer() as server:
        server.has(*(row(number) for number in range(1, 4)))
        yield server


def connector(server: AcmeServer, **options: Any) -> Connector:
    made: Connector = acme_crm.connect(connection_settings(server.options | options))
    return made


class TestAcme(ConnectorContract):
    secrets = (TOKEN,)

    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        with AcmeServer() as self.server:
            self.server.has(*(row(number) for number in range(1, 451)), row(500, owner=None, amount=None))
            self.server.activities = [
                {"id": "a1", "deal": "d0001", "type": "call", "by": "customer", "at": NOON.isoformat()}
            ]
            yield

    def connector(self) -> Connector:
        return connector(self.server)

    def broken(self) -> Connector:
        return connector(self.server, base_url="http://127.0.0.1:9")


def test_a_deal_comes_with_its_owner_and_who_acted(server: AcmeServer) -> None:
    server.activities = [{"id": "a1", "deal": "d0001", "type": "email", "by": "customer", "at": NOON.isoformat()}]
    (page,) = connector(server).pull(None)
    deal = page.deals[0]
    assert (deal.id, deal.stage, deal.amount, deal.close_date) == (
        "d0001",
        "proposal",
        Decimal("1200.50"),
        date(2026, 4, 30),
    )
    assert [(person.id, person.email) for person in page.people][:1] == [("u1", "sato@acme.example")]
    assert [(act.actor, act.at) for act in page.activities] == [(Actor.CUSTOMER, NOON.astimezone(UTC))]
    assert page.complete


def test_the_next_cycle_asks_only_for_what_changed_and_a_little_before(server: AcmeServer) -> None:
    (page,) = connector(server).pull(None)
    server.now = NOON + timedelta(minutes=5)
    server.has(row(2, next_step="visit", updated_at=(NOON + timedelta(minutes=1)).isoformat()))
    server.has(row(3, deleted=True, updated_at=(NOON - timedelta(minutes=9)).isoformat()))
    (news,) = connector(server).pull(page.cursor)
    assert ([deal.id for deal in news.deals], news.gone, news.complete) == (["d0002"], ["d0003"], False)


def test_an_unreadable_deal_is_left_out_and_nothing_is_concluded_from_its_absence(server: AcmeServer) -> None:
    server.has(row(2, amount="lots"), row(3, created_at=None))
    (page,) = connector(server).pull(None)
    assert [deal.id for deal in page.deals] == ["d0001"]
    assert [(one.ref, one.reason) for one in page.rejected] == [
        ("d0002", "unreadable deal"),
        ("d0003", "unreadable deal"),
    ]
    assert not page.complete


def test_a_token_that_may_not_read_activities_makes_them_unknown_and_says_so(server: AcmeServer) -> None:
    server.scopes = ["deals.read"]
    told = connector(server).describe()
    assert "last_customer_activity_at" not in {info.ours for info in told.fields["deal"]}
    assert told.missing == {
        "deal": {"last_customer_activity_at": ["activities.read"], "last_seller_activity_at": ["activities.read"]}
    }
    assert told.writing["deal"].missing == {Kind.FIELDS: "deals.write", Kind.NOTE: "deals.write"}
    assert [finding.level for finding in connector(server).check()] == [Level.OK, Level.WARNING]
    assert not next(iter(connector(server).pull(None))).activities
    assert not any("/activities" in one for one in server.asked)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((401, {"error": "expired"}, {}), NeedsReconnect),
        ((403, {"error": "no"}, {}), NeedsReconnect),
        ((429, {"error": "slower"}, {"Retry-After": "42"}), TryLater),
        ((503, "<html>down</html>", {}), TryLater),
        ((200, "<html>a proxy</html>", {}), TryLater),
        ((200, [], {}), TryLater),
        ((200, {"deals": None}, {}), TryLater),
        ((400, {"error": "bad"}, {}), Refused),
    ],
)
def test_every_answer_is_an_error_that_says_what_to_do(server: AcmeServer, answer: Any, error: type[Exception]) -> None:
    server.armed = [answer]
    with pytest.raises(error) as caught:
        list(connector(server).pull(None))
    if answer[0] == 429:
        assert getattr(caught.value, "after", None) == timedelta(seconds=42)


def test_a_list_that_is_missing_is_never_taken_for_an_empty_one(server: AcmeServer) -> None:
    me: Answer = (200, {"scopes": [], "now": NOON.isoformat()}, {})
    answers: list[dict[str, Any]] = [{}, {"deals": {}}, {"deals": [None]}]
    for answer in answers:
        server.armed = [me, (200, answer, {})]
        with pytest.raises(TryLater, match="without deals"):
            list(connector(server).pull(None))


def test_a_cursor_of_somebody_else_is_refused(server: AcmeServer) -> None:
    with pytest.raises(BadCursor):
        list(connector(server).pull({"page": 3}))


@pytest.mark.parametrize("options", [{"tokn": "x"}, {"token": ""}])
def test_options_that_mean_nothing_are_refused_at_once(server: AcmeServer, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        connector(server, **options)


@pytest.mark.security
def test_s16_no_token_leads_into_a_private_network_that_nobody_named(server: AcmeServer) -> None:
    with pytest.raises(TryLater, match="PrivateAddress"):
        list(connector(server, allow_custom_host=False).pull(None))
    assert server.asked == []


def change(wish: Any, **more: Any) -> Change:
    return Change(id="c1", record="d0001", wish=wish, **more)


def test_fields_are_written_unless_somebody_was_faster(server: AcmeServer) -> None:
    wish = Fields(next_step="visit", close_date=date(2026, 5, 31))
    done = connector(server).write_back(change(wish, seen_version=NOON))
    assert (server.deals["d0001"]["next_step"], server.deals["d0001"]["close_date"]) == ("visit", "2026-05-31")
    assert done.version == NOON.astimezone(UTC)
    with pytest.raises(Conflict) as caught:
        connector(server).write_back(change(Fields(next_step="call"), seen_version=NOON - timedelta(hours=1)))
    assert caught.value.now == {"next_step": "visit", "close_date": "2026-05-31"}


@pytest.mark.parametrize("wish", [Note(text="They will decide in May."), Fields(next_step="visit")])
def test_a_write_whose_answer_was_lost_is_looked_up_and_not_sent_again(server: AcmeServer, wish: Any) -> None:
    asked = change(wish)
    assert connector(server).written(asked) is None
    server.armed, server.late = [(502, "<html>", {})], True
    with pytest.raises(WriteUnknown):
        connector(server).write_back(asked)
    assert connector(server).written(asked) is not None
    if isinstance(wish, Note):
        assert [marker("c1") in note["text"] for note in server.notes["d0001"]] == [True]


def test_what_acme_cannot_be_told_is_refused_without_a_request(server: AcmeServer) -> None:
    with pytest.raises(Refused, match="fields and notes only"):
        connector(server).write_back(change(Lost()))
    assert server.asked == []


def test_a_write_that_never_left_may_be_sent_again(server: AcmeServer) -> None:
    with pytest.raises(TryLater):
        connector(server, base_url="http://127.0.0.1:9").write_back(change(Note(text="x")))


def test_check_tells_what_is_wrong(server: AcmeServer) -> None:
    (finding,) = connector(server, token="old").check()  # noqa: S106  # one that Acme does not know
    assert (finding.level, finding.message) == (Level.ERROR, "no such token")
