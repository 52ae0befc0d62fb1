"""Waits that run, and what was answered, are found by their index however many there were before."""

from __future__ import annotations

import pytest

from stalewatch.store import answers, waits
from stalewatch.store.engine import Database
from tests.store.builders import analyze, plan


@pytest.fixture
def years(db: Database) -> Database:
    """Some thousand waits that are over and three that run; some hundred answers."""

    def wait(number: int, **more: object) -> dict[str, object]:
        told = {"id": f"w{number}", "record_id": f"crm:{number}", "set_at": number, "until_day": 1, "reason": "x",
                "who": "y", "evidence": "z", "set_by": "sato", "ends": None, "due_at": number,
                "ended_at": number, "ended_because": "date"}  # fmt: skip
        return {**told, **more}

    over = [wait(number) for number in range(4000)]
    running = [wait(number, ended_at=None, ended_because=None) for number in (5003, 5001, 5002)]
    with db.write() as conn:
        waits.add(conn, [*over, *running])
        for number in range(600):
            answers.add(conn, {
                "id": f"a{number}", "at": number, "alert_id": f"x.{number % 200}", "record_id": "crm:1",
                "rule_id": "quiet", "episode": 1, "act": "claim", "actor": "sato", "detail": {"n": number},
            })  # fmt: skip
    analyze(db)
    return db


def test_the_waits_whose_day_has_come_are_found_among_those_that_run(years: Database) -> None:
    with years.read() as conn:
        assert waits.next_due(conn) == 5001
        assert [row.id for row in waits.over(conn, 5002, 10)] == ["w5001", "w5002"]
        assert [row.id for row in waits.over(conn, 9999, 1)] == ["w5001"]
        assert waits.running(conn, ["crm:1", "crm:5003"]) == {"crm:5003"}


def test_the_last_answer_to_an_alert_is_found_by_the_alert(years: Database) -> None:
    with years.read() as conn:
        last = answers.latest(conn, "x.7")
        assert last is not None
        assert (last.id, last.detail) == ("a407", {"n": 407})
        assert answers.latest(conn, "nothing") is None
        assert [row.at for row in answers.of_alerts(conn, ["x.7", "x.8"])] == [7, 207, 407, 8, 208, 408]


def test_both_use_their_index(years: Database) -> None:
    assert "ix_waits_due_at" in plan(years, lambda conn: waits.over(conn, 5002, 10))
    assert "ix_waits_due_at" in plan(years, waits.next_due)
    assert "ix_answers_alert_id" in plan(years, lambda conn: answers.latest(conn, "x.7"))
