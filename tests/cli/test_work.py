"""What waits for a person's word: it is listed, and let go or dropped with one."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from stalewatch.store import audit
from stalewatch.store.engine import Database
from tests.cli.company import CONFIG, Company
from tests.cli.conftest import Call

STORM = CONFIG.replace("storm_guard: off\n", "storm_guard: {share: 0.2, at_least: 2}\n")


@pytest.fixture
def stormy(here: Path, call: Call) -> Company:
    """Three deals became late at once, and the storm guard holds what is to be said of them."""
    company = Company(here, call)
    company.configure(STORM)
    for name, owner in (("acme", "Sato"), ("beta", "Sato"), ("kumo", "Tanaka")):
        company.has(name, owner=owner)
    assert company.does("run", "--once").status == 0
    return company


def ids(company: Company) -> list[str]:
    return [piece["id"] for piece in json.loads(company.does("work", "ls", "--json").out)]


def acts(company: Company) -> list[tuple[str, str]]:
    """What was done by hand, and by whom."""
    db = Database(f"sqlite:///{company.folder / 'stalewatch.db'}")
    with db.read() as conn:
        found = [(row.action, row.actor) for row in audit.read(conn) if row.action.startswith("work.")]
    db.dispose()
    return found


def test_nothing_waits_at_first(here: Path, call: Call) -> None:
    company = Company(here, call)
    company.has("acme")
    company.does("run", "--once")
    assert company.does("work", "ls").out == "Nothing waits for you.\n"


def test_what_the_storm_guard_holds_is_listed_with_its_reason(stormy: Company) -> None:
    said = stormy.does("work", "ls")
    assert said.lines[0] == "3 things wait for a word: storm 3"
    assert said.lines[2].split() == ["ID", "WHAT", "TO", "ABOUT", "WHY", "SINCE"]
    assert any("Kumo · too-long" in line and "Tanaka" in line for line in said.lines)
    assert "ご判断待ちが3件あります" in stormy.does("work", "ls", "--lang", "ja").out


def test_a_storm_is_let_go_and_everybody_hears_once(stormy: Company) -> None:
    said = stormy.does("work", "release", "--all", "--reason", "storm")
    assert (said.status, said.out) == (0, "3 go on.\n")
    told = stormy.does("dispatch").out
    assert told.count("── ") == 2
    assert "2 deals need a next step from you" in told
    assert stormy.does("work", "ls").out == "Nothing waits for you.\n"
    assert len(acts(stormy)) == 3
    assert {action for action, _ in acts(stormy)} == {"work.release"}
    assert all(actor.startswith("command line") for _, actor in acts(stormy))


def test_what_is_dropped_is_never_said_but_stays_on_the_list(stormy: Company) -> None:
    [first, *_] = ids(stormy)
    assert stormy.does("work", "drop", first[:6]).out == "1 will never be sent.\n"
    assert first not in ids(stormy)
    stormy.does("work", "drop", "--all")
    assert "Said  nothing" in stormy.does("dispatch").out
    assert stormy.does("deals", "stalled").lines[0].startswith("3 deals are stalled")
    assert "not said: discarded by hand" in stormy.does("deals", "show", "export:acme").out


def given_up(company: Company, state: str) -> list[str]:
    """Messages that were sent count as dead, or as parked, from now on; their ids."""
    company.does("work", "release", "--all")
    company.does("dispatch")
    with closing(sqlite3.connect(company.folder / "stalewatch.db")) as db, db:
        db.execute("update deliveries set state = ?, error = 'no route' where style <> 'operator'", (state,))
        db.execute("update notices set state = 'claimed' where state = 'told'")
    return ids(company)


@pytest.mark.parametrize("state", ["dead", "parked"])
def test_what_was_given_up_is_sent_again_with_a_reason(stormy: Company, state: str) -> None:
    assert len(given_up(stormy, state)) == 2
    said = stormy.does("work", "retry", "--all", "--state", state, "--because", "the line is up")
    assert (said.status, said.out) == (0, "2 will be sent again.\n")
    assert stormy.does("dispatch").out.count("── ") == 2
    assert stormy.does("work", "ls").out == "Nothing waits for you.\n"
    assert [reason for action, reason in reasons(stormy) if action == "work.retry"] == ["the line is up"] * 2


def test_one_message_is_sent_again_by_its_id_and_others_are_left_alone(stormy: Company) -> None:
    held = ids(stormy)[0]
    refused = stormy.does("work", "retry", held)
    assert (refused.status, refused.lines[-1]) == (
        1, "1 is neither given up nor of unknown fate, so it was left alone.",
    )  # fmt: skip
    first, second = given_up(stormy, "dead")
    assert stormy.does("work", "retry", first, "--lang", "ja").out == "1件をもう一度送信します。\n"
    assert stormy.does("work", "retry", "--all", "--state", "parked").err.startswith("nothing waits for the reason")
    assert second in ids(stormy)


def test_a_connection_and_a_destination_are_set_aside_and_let_go_on(stormy: Company) -> None:
    stormy.does("work", "release", "--all")
    said = stormy.does("work", "park", "export", "person:Sato", "--because", "moving house")
    assert (said.status, said.out) == (0, "2 are set aside until `stalewatch work release`.\n")
    assert "── Sato" not in stormy.does("dispatch").out
    assert set(ids(stormy)) >= {"export", "person:Sato"}
    assert reasons(stormy)[-1] == ("work.park", "moving house")
    again = stormy.does("work", "park", "export", "nobody", "--lang", "ja")
    assert (again.status, again.lines[-1][:3]) == (1, "2件は")
    stormy.does("work", "release", "export", "person:Sato")
    assert "── Sato" in stormy.does("dispatch").out


def reasons(company: Company) -> list[tuple[str, str]]:
    """What was done by hand, and why, the first act first."""
    db = Database(f"sqlite:///{company.folder / 'stalewatch.db'}")
    with db.read() as conn:
        found = [
            (row.action, (row.after or {}).get("because", "")) for row in audit.read(conn) if "work." in row.action
        ]
    db.dispose()
    return found[::-1]


@pytest.mark.parametrize(
    ("words", "status", "complaint"),
    [
        (("release",), 2, "name what is meant: ids from `stalewatch work ls`, or --all"),
        (("drop", "abc", "--all"), 2, "name what is meant: ids from `stalewatch work ls`, or --all"),
        (("release", "abc", "--reason", "storm"), 2, "--reason goes with --all"),
        (("retry", "abc", "--state", "dead"), 2, "--state goes with --all"),
        (("release", "zzz"), 1, "nothing that waits is called zzz"),
        (("drop", "--all", "--reason", "stork"), 1, "nothing waits for the reason 'stork'"),
    ],
)
def test_a_word_that_names_nothing_changes_nothing(
    stormy: Company, words: tuple[str, ...], status: int, complaint: str
) -> None:
    said = stormy.does("work", *words)
    assert said.status == status
    assert said.err.splitlines()[0] == complaint
    assert len(ids(stormy)) == 3
    assert acts(stormy) == []


def test_a_stranger_is_told_everything_of_one_piece(stormy: Company) -> None:
    said = stormy.does("work", "explain", "export")
    assert said.status == 0
    assert said.lines[0] == "Connection export"
    assert "It is due" in said.out
    assert "Claimed 1 times so far; 0 of 5 attempts since one that ended well." in said.lines
    assert "No process does this kind of work now: start `stalewatch serve` or a worker." in said.lines
    assert "You can: stalewatch work park export" in said.lines
    stormy.does("work", "park", "export")
    aside = stormy.does("work", "explain", "export")
    assert "It was set aside" in aside.lines[1]
    assert aside.lines[-1] == "You can: stalewatch work release export"
    assert "停止されました" in stormy.does("work", "explain", "export", "--lang", "ja").out


def test_a_held_notice_a_message_and_its_destination_are_explained(stormy: Company) -> None:
    held = ids(stormy)[0]
    notice = stormy.does("work", "explain", held)
    assert notice.lines[0] == f"Notice {held} · held"
    assert "It waits for a word of yours." in notice.lines
    given_up(stormy, "dead")
    dead = ids(stormy)[0]
    message = stormy.does("work", "explain", dead)
    assert message.lines[0].startswith("Message ")
    assert message.lines[0].endswith(" · dead")
    assert "Last trouble: no route" in message.lines
    assert f'You can: stalewatch work retry {dead} --because "..."' in message.lines
    [found] = json.loads(stormy.does("work", "explain", "person:Sato", "--json").out)
    assert (found["kind"], found["lease"]["held_until"], found["lease"]["attempts"]) == ("destination", None, 0)


def test_what_nothing_is_called_and_what_several_are_called_is_said(stormy: Company) -> None:
    given_up(stormy, "dead")
    nothing = stormy.does("work", "explain", "zzz")
    assert (nothing.status, nothing.err.splitlines()[0]) == (1, "no work is called zzz")
    several = stormy.does("work", "explain", "person:")
    assert (several.status, several.lines) == (1, ["destination person:Sato", "destination person:Tanaka"])


@pytest.mark.parametrize(
    "row", [("chores", "forecast", "daily work set aside"), ("kpi_work", "kpis", "figures of days")]
)
def test_what_one_process_does_for_all_can_be_set_aside_and_go_on(stormy: Company, row: tuple[str, str, str]) -> None:
    """A day whose figures end every process that works them out must not end them for ever."""
    table, identity, called = row
    with closing(sqlite3.connect(stormy.folder / "stalewatch.db")) as db, db:
        db.execute(f"insert or ignore into {table} (id, due_at) values (?, 0)", (identity,))  # noqa: S608
        db.execute(f"update {table} set parked_at = 1, attempts = 5 where id = ?", (identity,))  # noqa: S608
    assert called in stormy.does("work", "ls").out
    assert "It was set aside" in stormy.does("work", "explain", identity).out
    assert stormy.does("work", "release", identity).out == "1 goes on.\n"
    assert stormy.does("work", "ls").lines[0].startswith("3 things wait")
