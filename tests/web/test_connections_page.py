"""`/connections`: whoever reads figures sees how old they are; admins see why, and ask for a sync."""

from __future__ import annotations

import pytest

from stalewatch.sdk.errors import NeedsReconnect
from stalewatch.store import accounts, quarantine
from tests.services.world import World
from tests.web.office import Office
from tests.web.visits import Visitor


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is: records are waited for."""
    monkeypatch.setattr("stalewatch.web.pages.connections.PATIENCE", 30.0)


def visits(world: World, *scopes: str) -> Visitor:
    return Visitor(Office.of(world, *scopes))


def mark(visitor: Visitor) -> str:
    """What stands behind the page's name in the navigation."""
    [entry] = [one for one in visitor.page("/connections").one("nav", aria_label="Pages").all("a")
               if one.attributes["href"].startswith("/connections")]  # fmt: skip
    return "".join(one.text for one in entry.all("span", class_="count"))


def test_everybody_who_reads_figures_sees_their_age_and_admins_the_rest(own: World) -> None:
    with own.db.write() as conn:
        accounts.hear(conn, "memory:1", {"day": [900, 1000]}, "crm")
        quarantine.add(conn, [{"connection": "crm", "ref": "x", "reason": "a deal without a stage", "detail": "",
                               "at": own.us, "object": "deal"}])  # fmt: skip
    manager = visits(own, "reports:read").page("/connections").one("main")
    assert manager.one("h1").text == "The connection is well"
    assert "memory · just read" in manager.text
    assert "Too old to judge by after" in manager.text
    assert not manager.all("form")
    for hidden in ("Sync now", "without a stage", "1,000", "Written into"):
        assert hidden not in manager.text
    admin = visits(own, "admin").page("/connections").one("main")
    assert "900 of 1,000" in admin.text
    assert "a deal without a stage" in admin.text
    assert [bar.attributes["class"] for bar in admin.all("svg")][-1] == "dwell over"
    assert "3 open of 3" in admin.text
    assert visits(own, "deals:read").asks("GET", "/connections").status_code == 403


def test_what_is_wrong_stands_in_the_headline_and_in_the_navigation(own: World) -> None:
    assert mark(visits(own, "reports:read")) == ""
    own.crm.fault = NeedsReconnect("the refresh token was revoked", where="crm", cure="authorize the app again")
    own.syncs()
    manager, admin = visits(own, "reports:read"), visits(own, "admin")
    assert (mark(manager), mark(admin)) == ("1", "1")
    assert admin.page("/connections").one("h1").text == "crm needs a look"
    told = admin.page("/connections").one("div", class_="reason").all("p")
    assert [one.text for one in told] == ["crm: the refresh token was revoked", "authorize the app again"]
    assert "revoked" not in manager.page("/connections").text
    admin.language = "ja"
    assert admin.page("/connections").one("h1").text == "確認が必要な接続: crm"


@pytest.mark.parametrize("scopes", [("admin",), ("reports:read",)])
def test_a_sync_is_asked_for_by_a_button_that_only_admins_have(own: World, scopes: tuple[str, ...]) -> None:
    visitor = visits(own, *scopes)
    answer = visitor.posts("/connections/crm/sync")
    assert answer.status_code == (200 if scopes == ("admin",) else 403)
    if scopes == ("admin",):
        assert "within half a minute" in answer.text
        assert "asked for" in visitor.page("/connections").one("main").text
        assert visitor.posts("/connections/nothing/sync").status_code == 404
