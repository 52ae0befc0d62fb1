"""Changes, events, waits and activities: added once, replaced only by those who know better."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stalewatch.store import activities, changes, events, waits
from stalewatch.store.engine import Database
from tests.store.builders import change, statements


def stages(db: Database, record: str = "sf:1", field: str = "stage") -> list[tuple[int, Any, str]]:
    with db.read() as conn:
        return [(row.at, row.value, row.source) for row in changes.read(conn, [record], [field])]


def test_adding_twice_is_adding_once(db: Database) -> None:
    rows = [change("sf:1", "stage", 10, "a"), change("sf:2", "stage", 10, "a"), change("sf:2", "amount", 10, 500)]
    with db.write() as conn:
        assert changes.add(conn, rows) == ["sf:1", "sf:2"]
        assert changes.add(conn, rows) == []
        assert changes.add(conn, [*rows, change("sf:2", "stage", 5, "late")]) == ["sf:2"]
        assert changes.add(conn, []) == []
    assert stages(db, "sf:2") == [(5, "late", "seen"), (10, "a", "seen")]


def test_changes_come_sorted_whatever_their_values(db: Database) -> None:
    values = ["x", 3, 2.5, True, None, {"a": [1]}]
    rows = [change("sf:1", "f", 10 - n, value, ordinal=n) for n, value in enumerate(values)]
    with db.write() as conn:
        changes.add(conn, [*rows, change("sf:0", "f", 99, 0), change("sf:1", "other", 1, 0)])
        found = changes.read(conn, ["sf:1", "sf:0"], ["f"])
    assert [(row.record_id, row.at) for row in found] == [("sf:0", 99), *(("sf:1", at) for at in range(5, 11))]
    assert [row.value for row in found[1:]] == values[::-1]


def test_two_changes_in_one_instant_keep_their_order(db: Database) -> None:
    with db.write() as conn:
        changes.add(conn, [change("sf:1", "stage", 10, "b", ordinal=1), change("sf:1", "stage", 10, "a", ordinal=0)])
    assert stages(db) == [(10, "a", "seen"), (10, "b", "seen")]


def replace(db: Database, *rows: dict[str, Any]) -> list[str]:
    with db.write() as conn:
        return changes.replace_history(conn, ["sf:1"], ["stage"], rows)


def test_the_history_of_the_crm_stands_instead_of_what_syncs_noticed(db: Database) -> None:
    with db.write() as conn:
        changes.add(conn, [change("sf:1", "stage", 12, "b"), change("sf:1", "amount", 12, 7)])
        changes.add(conn, [change("sf:2", "stage", 12, "other deal")])
    told = [change("sf:1", "stage", 3, "a", source="crm"), change("sf:1", "stage", 9, "b", source="crm")]
    assert replace(db, *told) == ["sf:1"]
    assert stages(db) == [(3, "a", "crm"), (9, "b", "crm")]
    assert stages(db, field="amount") == [(12, 7, "seen")]
    assert stages(db, "sf:2") == [(12, "other deal", "seen")]
    assert replace(db, *told) == []


def test_a_corrected_history_is_corrected_here_but_what_the_crm_forgot_is_kept(db: Database) -> None:
    replace(db, *(change("sf:1", "stage", at, value, source="crm") for at, value in [(1, "a"), (5, "b"), (9, "c")]))
    assert replace(db, change("sf:1", "stage", 5, "B", source="crm"), change("sf:1", "stage", 7, "c", source="crm"))
    assert stages(db) == [(1, "a", "crm"), (5, "B", "crm"), (7, "c", "crm")]


def test_a_record_without_history_loses_only_what_was_inferred(db: Database) -> None:
    with db.write() as conn:
        changes.add(conn, [change("sf:1", "stage", 4, "x"), change("sf:1", "stage", 5, "held", source="stalewatch")])
        changes.add(conn, [change("sf:1", "stage", 2, "old", source="crm")])
    assert replace(db) == ["sf:1"]
    assert stages(db) == [(2, "old", "crm"), (5, "held", "stalewatch")]


def test_a_change_the_crm_confirms_becomes_the_crms(db: Database) -> None:
    with db.write() as conn:
        changes.add(conn, [change("sf:1", "stage", 4, "x")])
    assert replace(db, change("sf:1", "stage", 4, "x", source="crm")) == ["sf:1"]
    assert stages(db) == [(4, "x", "crm")]


POINTS = st.lists(st.tuples(st.integers(0, 8), st.sampled_from("abc")), max_size=6, unique_by=lambda pair: pair[0])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seen=POINTS, told=POINTS)
def test_replacing_is_idempotent_and_ends_with_what_the_crm_told(
    db: Database, seen: list[tuple[int, str]], told: list[tuple[int, str]]
) -> None:
    with db.write() as conn:
        changes.forget_before(conn, 10**9, ["sf:1"])
        conn.exec_driver_sql("DELETE FROM changes")
        changes.add(conn, [change("sf:1", "stage", at, value) for at, value in seen])
    rows = [change("sf:1", "stage", at, value, source="crm") for at, value in told]
    assert replace(db, *rows) == (["sf:1"] if seen or told else [])
    last = max(told, default=None)
    news = [(at, value, "seen") for at, value in sorted(seen) if last and at > last[0] and value != last[1]]
    assert stages(db) == [(at, value, "crm") for at, value in sorted(told)] + news
    assert replace(db, *rows) == []


def _held(rows: list[tuple[int, Any, str]]) -> list[tuple[int, Any]]:
    """What the value was from when on: a row that repeats the one before it tells nothing."""
    pairs = zip([(None, None, None), *rows], rows, strict=False)
    return [(at, value) for (_, before, _), (at, value, _) in pairs if value != before]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seen=POINTS, told=POINTS, ours=POINTS, cut=st.integers(0, 6), whole=st.booleans())
def test_without_its_echoes_a_past_says_the_same(
    db: Database, seen: list[tuple[int, str]], told: list[tuple[int, str]], ours: list[tuple[int, str]], cut: int,
    whole: bool,
) -> None:  # fmt: skip
    """Whether it comes whole or in two parts, over what syncs noticed and what we noted."""
    kept = []
    rows = [change("sf:1", "f", at, value, source="crm") for at, value in sorted(told)]
    for echoes in ((), ("f",)):
        with db.write() as conn:
            conn.exec_driver_sql("DELETE FROM changes")
            changes.add(conn, [change("sf:1", "f", at, value) for at, value in seen])
            changes.add(conn, [change("sf:1", "f", at, value, ordinal=1, source="stalewatch") for at, value in ours])
            for part in [rows, rows] if whole else [rows[:cut], rows[cut:], rows]:
                if whole:
                    changes.replace_history(conn, ["sf:1"], ["f"], part, echoes=echoes)
                else:
                    changes.add(conn, part, echoes=echoes)
            assert changes.add(conn, rows, echoes=echoes) == []
        kept.append(stages(db, field="f"))
    assert _held(kept[0]) == _held(kept[1])
    assert set(kept[1]) <= set(kept[0])


def _entered(db: Database) -> list[tuple[int, Any, Any]]:
    """When the deal came to a stage of a pipeline, as the past of both tells it."""
    told = [(at, 0, value) for at, value, _ in stages(db, field="pipeline")]
    told += [(at, 1, value) for at, value, _ in stages(db)]
    found: list[tuple[int, Any, Any]] = []
    pipeline = None
    for at, is_stage, value in sorted(told):
        if not is_stage:
            pipeline = value
        elif not found or found[-1][1:] != (value, pipeline):
            found.append((at, value, pipeline))
    return found


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=POINTS, pipelines=POINTS, cut=st.integers(0, 8))
def test_a_stage_told_again_is_kept_where_its_pipeline_changed_and_only_there(
    db: Database, told: list[tuple[int, str]], pipelines: list[tuple[int, str]], cut: int
) -> None:
    rows = [change("sf:1", "stage", at, value, source="crm") for at, value in told]
    rows += [change("sf:1", "pipeline", at, value, source="crm") for at, value in pipelines]
    rows.sort(key=lambda row: row["at"])
    kept = []
    for echoes in ((), ("stage", "pipeline")):
        with db.write() as conn:
            conn.exec_driver_sql("DELETE FROM changes")
            for part in ([row for row in rows if row["at"] < cut], [row for row in rows if row["at"] >= cut], rows):
                changes.add(conn, part, echoes=echoes, within={"stage": "pipeline"})
        kept.append((_entered(db), _held(stages(db)), _held(stages(db, field="pipeline")), len(stages(db))))
    assert kept[0][:3] == kept[1][:3]
    breaks = [at for at, _ in pipelines]
    repeats = [
        at
        for (before, value), (at, same) in pairwise(sorted(told))
        if value == same and not any(before < one <= at for one in breaks)
    ]
    assert kept[1][3] == kept[0][3] - len(repeats)


def test_what_a_crm_shows_again_with_every_change_is_kept_once(db: Database) -> None:
    told = [change("sf:1", "f", at, value, source="crm") for at, value in [(1, "a"), (2, "a"), (3, "b"), (5, "a")]]
    with db.write() as conn:
        changes.add(conn, told)  # as they were kept before
        assert changes.replace_history(conn, ["sf:1"], ["f"], told, echoes=["f"]) == ["sf:1"]
        assert changes.replace_history(conn, ["sf:1"], ["f"], told, echoes=["f"]) == []
    assert stages(db, field="f") == [(1, "a", "crm"), (3, "b", "crm"), (5, "a", "crm")]


def test_forgetting_keeps_what_held_at_the_horizon(db: Database) -> None:
    with db.write() as conn:
        changes.add(conn, [change("sf:1", "stage", at, at) for at in (1, 5, 9)])
        changes.add(conn, [change("sf:1", "amount", 3, 7)])
        assert changes.forget_before(conn, 6, ["sf:1"]) == 1
    assert [at for at, *_ in stages(db)] == [5, 9]
    assert stages(db, field="amount") == [(3, 7, "seen")]


def test_events_are_moved_not_doubled(db: Database) -> None:
    event = {"record_id": "sf:1", "kind": "meeting", "subject": "m1", "at": 20, "began": 10}
    with db.write() as conn:
        assert events.add(conn, [event]) == 1
        assert events.add(conn, [event]) == 0
        assert events.add(conn, [{**event, "at": 30}, {**event, "subject": "m0", "at": 25}]) == 2
        found = [(row.subject, row.at) for row in events.read(conn, ["sf:1"], ["meeting"])]
        assert found == [("m0", 25), ("m1", 30)]
        assert events.remove(conn, [("sf:1", "meeting", "m1"), ("sf:1", "meeting", "nix")]) == 1
        assert events.read(conn, ["sf:1"], ["proposal_sent"]) == []


def test_waits_end_once(db: Database) -> None:
    wait = {"id": "w1", "record_id": "sf:1", "set_at": 5, "until_day": 20_000, "reason": "legal", "set_by": "sato"}
    with db.write() as conn:
        assert waits.add(conn, [wait, {**wait, "id": "w0", "set_at": 9}]) == 2
        assert waits.add(conn, [wait]) == 0
        assert waits.end(conn, ["w1"], at=8, because="customer replied") == ["sf:1"]
        assert waits.end(conn, ["w1"], at=9, because="again") == []
        found = [(row.id, row.ended_at, row.ended_because) for row in waits.read(conn, ["sf:1"])]
    assert found == [("w1", 8, "customer replied"), ("w0", None, None)]


def activity(id_: str, at: int, *on: str, **values: Any) -> dict[str, Any]:
    row = {"id": f"sf:{id_}", "connection": "sf", "kind": "email", "actor": "customer", "at": at, "ends_at": None}
    return {**row, "people": frozenset({"b", "a"}), "inferred": False, "records": on, **values}


def test_activities_tell_which_records_they_touch(db: Database) -> None:
    with db.write() as conn:
        assert activities.upsert(conn, [activity("e1", 5, "sf:1", "sf:2"), activity("e2", 3, "sf:1")]) == [
            "sf:1",
            "sf:2",
        ]
        assert activities.upsert(conn, [activity("e1", 5, "sf:2", "sf:1"), activity("e2", 3, "sf:1")]) == []
        assert activities.upsert(conn, [activity("e1", 6, "sf:1", "sf:2")]) == ["sf:1", "sf:2"], "it moved"
        assert activities.upsert(conn, [activity("e1", 6, "sf:2", "sf:3")]) == ["sf:1", "sf:3"], "it was moved over"
        found = [(row.record_id, row.id, row.at) for row in activities.read(conn, ["sf:1", "sf:2", "sf:3"])]
        assert found == [("sf:1", "sf:e2", 3), ("sf:2", "sf:e1", 6), ("sf:3", "sf:e1", 6)]
        assert activities.read(conn, ["sf:2"])[0].people == ["a", "b"]
        assert activities.remove(conn, ["sf:e1", "sf:nix"]) == ["sf:2", "sf:3"]
        assert activities.remove(conn, []) == []
        assert activities.read(conn, ["sf:2"]) == []


def test_a_page_of_activities_takes_as_many_statements_as_one(db: Database) -> None:
    with db.write() as conn:
        with statements() as few:
            activities.upsert(conn, [activity("x", 1, "sf:1")])
        with statements() as many:
            activities.upsert(conn, [activity(str(n), n, f"sf:{n}") for n in range(500)])
    assert len(many) == len(few)
