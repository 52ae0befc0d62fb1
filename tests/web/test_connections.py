"""`/v1/connections`: how every connection stands, and a sync that somebody asks for."""

from __future__ import annotations

from typing import Any

from stalewatch.domain.instants import MINUTE
from stalewatch.sdk.errors import NeedsReconnect
from stalewatch.services.syncing.sync import Sync
from stalewatch.store import accounts, audit, connections
from tests.services.world import World
from tests.web.office import Office

LIST = "/v1/connections"
SYNC = f"{LIST}/crm/sync"


def administering(world: World) -> Office:
    return Office.of(world, "admin")


def only(office: Office, **asked: Any) -> dict[str, Any]:
    answer = office.get(LIST, **asked)
    assert answer.status_code == 200, answer.text
    [item] = answer.json()["items"]
    return dict(item)


def works(world: World) -> bool:
    """A worker comes by; True if there was something to read."""
    sync = Sync(world.db, world.clock, world.book, world.speaking)
    return not sync.run("crm", world.crm, every=5 * MINUTE, due_only=True).is_busy


def test_a_connection_is_told_with_its_age_its_quota_and_what_it_feeds(world: World) -> None:
    with world.db.write() as conn:
        accounts.hear(conn, "memory:1", {"day": [28, 1000]}, "crm")
    item = only(administering(world))
    assert (item["id"], item["type"], item["state"], item["error"]) == ("crm", "memory", "ok", None)
    assert (item["data_age_seconds"], item["too_old_after_seconds"]) == (0, 7200)
    assert item["next_sync_at"] == "2026-04-01T03:05:00+00:00"
    assert item["last_sync"] == {"records": 3, "left_out": 0, "vanished": 0}
    assert item["records"] == {"deal": {"total": 3, "open": 3}}
    assert item["coverage"]["deal"]["unfed"] == []
    assert item["coverage"]["deal"]["fed"] == item["coverage"]["deal"]["of"] > 20
    assert (item["rules_judging"], item["rules"]) == (2, 2)
    assert item["quota"]["day"] == {"used": 28, "allowed": 1000, "heard_at": item["quota"]["day"]["heard_at"]}


def test_what_failed_stands_there_with_its_cure_in_the_readers_language(own: World) -> None:
    own.crm.fault = NeedsReconnect("the refresh token was revoked", where="crm", cure="authorize the app again")
    own.syncs()
    item = only(administering(own))
    assert item["error"] == "crm: the refresh token was revoked"
    assert item["cure"] == "authorize the app again"
    with own.db.write() as conn:
        connections.set_values(conn, "crm", parked_at=own.us, last_error=None)
    item = only(administering(own), lang="ja")
    assert (item["state"], item["next_sync_at"], item["cure"]) == ("parked", None, "stalewatch work release")
    assert item["error"].startswith("読み込むたびに")


def test_csv_and_etag_are_those_of_every_list(own: World) -> None:
    office = administering(own)
    answer = office.get(LIST, headers={"Accept": "text/csv"})
    head, line = answer.text.splitlines()
    assert head.startswith("id,type,state,data_at,")
    assert line.startswith("crm,memory,ok,2026-04-01T03:00:00+00:00,0,7200,")
    tag = office.get(LIST).headers["etag"]
    assert office.get(LIST, headers={"If-None-Match": tag}).status_code == 304


def test_a_sync_that_is_asked_for_is_done_once_by_whoever_comes(world: World) -> None:
    office = administering(world)
    assert not works(world)
    first, second = office.post(SYNC), office.post(f"{SYNC}?full=true")
    assert (first.status_code, first.headers["location"]) == (202, LIST)
    assert first.json() == {"connection": "crm", "full": False, "repeated": False, "running": False, "see": LIST}
    assert second.json()["full"]
    assert office.post(SYNC).json()["repeated"]
    assert only(office)["asked"]
    assert [works(world), works(world)] == [True, False]
    assert not only(office)["asked"]
    with world.db.read() as conn:
        rows = audit.read(conn, action="connection.sync")
    assert [row.after for row in rows] == [{"full": True}, {"full": False}]
    assert {row.actor.partition(":")[0] for row in rows} == {"token"}


def test_a_sync_of_what_is_not_there_or_was_set_aside_is_refused(own: World) -> None:
    office = administering(own)
    assert office.post(f"{LIST}/nothing/sync").status_code == 404
    assert office.post(f"{LIST}/%00/sync").status_code == 404
    with own.db.write() as conn:
        connections.set_values(conn, "crm", parked_at=own.us)
    refused = office.post(SYNC)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:stalewatch:problem:parked")
    assert office.post(f"{SYNC}?fully=true").json()["errors"][0]["did_you_mean"] == "full"
    assert Office.of(own, "deals:read", "reports:read").post(SYNC).status_code == 403
