"""Sessions of browsers, on both databases."""

from __future__ import annotations

from stalewatch.store import sessions
from stalewatch.store.engine import Database


def row(digest: str, at: int, **more: str | None) -> dict[str, object]:
    told = {"hash": digest, "token": None, "person": "sato@acme.example", "login": None, "parting": None, **more}
    return {**told, "began_at": at, "seen_at": at}


def test_a_session_goes_on_until_it_is_too_old_unused_or_ended(db: Database) -> None:
    with db.write() as conn:
        assert sessions.add(conn, row("a", 100))
    with db.read() as conn:
        assert sessions.by_hash(conn, "a", began_after=99, seen_after=99) is not None
        assert sessions.by_hash(conn, "a", began_after=100, seen_after=0) is None
        assert sessions.by_hash(conn, "a", began_after=0, seen_after=100) is None
        assert sessions.by_hash(conn, "b", began_after=0, seen_after=0) is None
    with db.write() as conn:
        sessions.seen(conn, "a", 104, not_within=5)
        assert sessions.by_hash(conn, "a", began_after=0, seen_after=103) is None
        sessions.seen(conn, "a", 105, not_within=5)
        assert sessions.by_hash(conn, "a", began_after=0, seen_after=104) is not None
        ended = sessions.end(conn, "a", 106)
        assert ended is not None
        assert (ended.person, ended.ended_at) == ("sato@acme.example", 106)
        assert sessions.end(conn, "a", 107) is None
        assert sessions.by_hash(conn, "a", began_after=0, seen_after=0) is None
        sessions.seen(conn, "a", 900, not_within=5)
        assert sessions.by_hash(conn, "a", began_after=0, seen_after=0) is None


def test_an_answer_of_the_provider_is_good_for_one_session(db: Database) -> None:
    with db.write() as conn:
        assert sessions.add(conn, row("a", 1, login="l"))
        assert not sessions.add(conn, row("b", 2, login="l"))
        assert sessions.add(conn, row("c", 3))
        assert sessions.add(conn, row("d", 4))  # those that began with a token have no such thing
        assert sessions.by_hash(conn, "b", began_after=0, seen_after=0) is None


def test_all_of_a_person_end_and_what_is_long_over_goes(db: Database) -> None:
    with db.write() as conn:
        for number, digest in enumerate("abc"):
            sessions.add(conn, row(digest, number + 1))
        sessions.add(conn, row("other", 9, person="tanaka@acme.example"))
        sessions.end(conn, "b", 5)
        assert sessions.end_of(conn, "sato@acme.example", 10) == ["a", "c"]
        assert sessions.by_hash(conn, "other", began_after=0, seen_after=0) is not None
        sessions.forget(conn, began_before=9)
        assert conn.exec_driver_sql("SELECT hash FROM sessions").scalars().all() == ["other"]
