"""Thirty deals on the last day of June 2026, small enough to be counted with a pencil, and the company that has them.

stages: q qualification, f first meeting, d discovery, p proposal, e evaluation, a approval, n negotiation, each
entered at 10:00 in Tokyo on that day. Amounts are millions of yen. MEDDIC: which of the six letters are known
(metrics, economic buyer, decision criteria, decision process, pain, champion); BANT likewise.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from stalewatch.domain.instants import HOUR, to_day, to_us
from stalewatch.sdk.records import Deal, Lead, Outcome, Person, StageVisit
from stalewatch.store import alerts, answers, changes, events, notices, waits
from stalewatch.store.bulk import insert
from stalewatch.store.tables import loss_answers
from tests.services.world import World, at

TABLE: Final = """
 # owner  end        created stages                              amount closes next  people MEDDIC BANT
 1 sato   open       06-01   q06-01,d06-11                          1.0  06-25  .        1  M..... B...
 2 sato   open       06-01   q06-01,d06-11,p06-21                   2.0  06-30  07-03    2  ME.... BA..
 3 sato   open       05-02   q05-02,d05-12,p06-01                   4.0  07-15  07-02    5  MEDP.. BANT
 4 sato   open       05-02   q05-02,d05-22,p06-11,d06-21            5.0  06-10  .        3  MEDP.C BAN.
 5 sato   open       06-20   q06-20                                 .    .      07-10    1  ...... ....
 6 sato   open       04-01   q04-01,d04-11,p05-01,e06-01           40.0  07-31  07-08    8  MEDPIC BANT
 7 sato   open       04-11   q04-11,d05-01,p05-21,a06-20           35.0  06-15  .        4  MED.I. BAN.
 8 suzuki open       06-10   q06-10,f06-20                          2.5  07-20  07-01    1  M..... B...
 9 suzuki open       06-10   q06-10                                 1.5  06-29  .        1  ...... ....
10 suzuki open       05-11   q05-11,d05-21,p06-10                  10.0  08-01  06-30    6  MEDP.C BANT
11 suzuki open       05-11   q05-11,d05-31                          6.0  07-05  .        2  M.D... B.N.
12 suzuki open       04-21   q04-21,d05-01,p05-11,n06-05           12.0  06-20  07-06    5  MEDPI. BANT
13 suzuki open       06-25   q06-25                                 .    08-10  .        .  ...... ....
14 suzuki open       06-30   q06-30                                 0.5  07-30  07-09    1  ...... ...T
15 abe    open       05-21   q05-21,d06-10                          3.0  07-25  07-07    3  ME.P.. BA.T
16 abe    open       05-21   q05-21,d06-05,p06-15                  30.0  07-10  .        7  MEDPIC BANT
17 abe    open       06-15   q06-15,d06-25                          8.0  05-31  .        2  M...I. B.N.
18 abe    open       06-15   q06-15                                 1.2  07-12  07-15    1  ...... B...
19 abe    open       04-16   q04-16,d05-16,p06-15                  20.0  06-28  07-03    4  MED... BAN.
20 .      open       06-05   q06-05                                 2.2  07-18  .        1  ...... ....
21 sato   won05-31   04-01   q04-01,d04-11,p05-01                   3.0  05-31  .        5  MEDPIC BANT
22 sato   won04-30   03-01   q03-01,d03-21,p04-10                   5.0  04-30  .        4  MEDPI. BAN.
23 sato   lost06-10  04-11   q04-11,d05-01                          2.0  06-30  .        2  ME.... B...
24 suzuki won06-20   05-01   q05-01,d05-11,p05-21                   6.0  06-20  .        3  MED..C BANT
25 suzuki lost06-30  05-01   q05-01                                 1.0  07-31  .        1  M..... B...
26 suzuki lost03-31  03-01   q03-01                                 9.0  04-30  .        1  ...... ....
27 abe    won06-05   04-21   q04-21,d05-01,p05-11                   .    06-05  .        6  MEDPIC BANT
28 abe    lost06-25  04-21   q04-21,d05-01,p05-21                  50.0  06-30  .        5  MEDPI. BAN.
29 abe    lost06-26  05-27   q05-27,d06-06                          4.0  06-26  .        2  M.D... ....
30 abe    open       07-01   q07-01                                 1.0  08-31  07-10    1  ...... ....
"""
STAGES: Final = {
    "q": "qualification", "f": "first_meeting", "d": "discovery", "p": "proposal", "e": "evaluation", "a": "approval",
    "n": "negotiation",
}  # fmt: skip
LETTERS: Final[tuple[dict[str, Any], ...]] = (
    {"metrics": "hours"}, {"roles.economic_buyer": 1}, {"decision_criteria": "price"},
    {"decision_process": "board", "decision_date": date(2026, 9, 1)}, {"pain": "slow", "impact": "late"},
    {"roles.champion": 1},
)  # fmt: skip
BANT: Final[tuple[dict[str, Any], ...]] = (
    {"budget": "yes"}, {"roles.decision_maker": 1}, {"need": "yes"}, {"timeframe": "autumn"},
)  # fmt: skip
TEAMS: Final = {"sato": "tokyo", "suzuki": "tokyo", "abe": "osaka"}


def moment(day: str, time: str = "10:00") -> datetime:
    """A day of 2026 in Tokyo."""
    return at(f"2026-{day} {time}")


def us(day: str, time: str = "10:00") -> int:
    """The same in microseconds."""
    return to_us(moment(day, time))


def deals() -> list[tuple[Deal, list[StageVisit]]]:
    """The thirty deals with their stages."""
    return [_deal(line.split()) for line in TABLE.strip().splitlines()[1:]]


def _deal(row: list[str]) -> tuple[Deal, list[StageVisit]]:
    number, owner, end, created, stages, amount, closes, following, people, meddic, bant = row
    outcome = Outcome(end.rstrip("0123456789-"))
    known: dict[str, Any] = {"stakeholders": None if people == "." else int(people)}
    known["next_meeting_at"] = None if following == "." else moment(following)
    for letters, means in ((meddic, LETTERS), (bant, BANT)):
        for letter, fields in zip(letters, means, strict=True):
            known |= fields if letter != "." else {}
    visits = [(STAGES[one[0]], moment(one[1:])) for one in stages.split(",")]
    made = Deal(
        id=number, name=f"Deal {number}", outcome=outcome, owner=None if owner == "." else owner,
        created_at=moment(created, "00:30" if number == "30" else "10:00"),
        closed_at=None if outcome is Outcome.OPEN else moment(end[-5:]), pipeline="new_business",
        stage=visits[-1][0], close_date=None if closes == "." else moment(closes).date(),
        amount_in_project_currency=None if amount == "." else Decimal(amount) * 1_000_000, fields=known,
    )  # fmt: skip
    return made, [StageVisit(deal=number, stage=stage, entered_at=entered) for stage, entered in visits]


def founded(world: World) -> None:
    """The company: it is read at noon on 30 June, and once more when that day is over."""
    world.crm.people = [
        Person(id=name, name=name.title(), email=f"{name}@acme.example", team=team) for name, team in TEAMS.items()
    ]
    for deal, visits in deals():
        world.has(deal)
        world.crm.visits += visits
    world.crm.leads = {one.id: one for one in leads()}
    world.clock.move_to(moment("06-30", "12:00"))
    world.syncs()
    _beside(world)
    world.clock.move_to(moment("07-01", "00:40"))
    world.syncs()


def leads() -> list[Lead]:
    """Leads by when they were MQLs, and what became of them.

    # MQL    status        reason       handed off      first touched
    1 05-01  mql           -            -               -               thirty days are over on 05-31
    2 04-15  disqualified  no_budget    -               -               05-15
    3 05-20  recycled      no_budget    -               -               06-19
    4 05-25  mql           other        06-08 10:00     06-08 16:00     06-24; a quarter of a day
    5 06-05  mql           -            06-20 10:00     06-21 22:00     07-05: not yet; a day and a half
    6 05-01  sql           -            05-20 10:00     05-20 12:00     worked on; touched more than four weeks ago
    7 05-01  mql           -            06-29 10:00     -               a deal came of it; not touched yet
    """
    rows = (
        ("1", "05-01", "mql", None, None, None, True),
        ("2", "04-15", "disqualified", "no_budget", None, None, True),
        ("3", "05-20", "recycled", "no_budget", None, None, True),
        ("4", "05-25", "mql", "other", moment("06-08"), moment("06-08", "16:00"), True),
        ("5", "06-05", "mql", None, moment("06-20"), moment("06-21", "22:00"), True),
        ("6", "05-01", "sql", None, moment("05-20"), moment("05-20", "12:00"), True),
        ("7", "05-01", "mql", None, moment("06-29"), None, False),
    )
    return [
        Lead(
            id=f"L{number}", name=f"Lead {number}", owner="sato", created_at=moment("04-01"), status=status,
            is_open=is_open, fields={
                "mql_at": moment(mql), "unconverted_reason": reason, "handed_off_at": given, "first_touch_at": touched,
            },
        )
        for number, mql, status, reason, given, touched, is_open in rows
    ]  # fmt: skip


def _beside(world: World) -> None:
    """Alerts, waits, losses, meetings: what stalewatch keeps beside the records."""
    with world.db.write() as conn:
        waits.add(conn, [{
            "id": "w", "record_id": "crm:11", "set_at": us("06-20"), "until_day": _day("07-20"), "reason": "budget",
        }])  # fmt: skip
        _alerts(conn)
        for deal, tag in (("23", "budget"), ("25", "silent"), ("28", "silent"), ("26", "price")):
            answers.add_loss(conn, {
                "id": f"loss{deal}", "record_id": f"crm:{deal}", "at": us("06-30", "11:00"), "tag": tag,
                "source": answers.REPORTED,
            })  # fmt: skip
        said = {"link_id": "l", "record_id": "crm:28", "answer": "another_way", "months": None}
        insert(conn, loss_answers, [{**said, "answered_at": us("06-29"), "changed_at": us("06-29")}])
        _meetings(conn)


def _alerts(conn: Any) -> None:
    """deal, late since, told, over since, why over."""
    rows: tuple[tuple[str, str, str | None, str | None, str | None], ...] = (
        ("4", "06-15", "06-15", None, None),  # nobody acts
        ("7", "06-16", "06-16", None, None),  # snoozed on 06-18
        ("9", "06-18", "06-18", None, None),  # nobody acts
        ("11", "06-19", None, None, None),  # on hold: it waits
        ("16", "06-24", "06-24", None, None),  # five business days end on 07-01
        ("17", "06-10", "06-10", "06-12", "satisfied"),  # somebody worked on it
        ("12", "06-11", "06-11", "06-15", "rule_changed"),  # neither way
        ("2", "05-20", "05-20", "05-29", "satisfied"),  # decided more than four weeks ago
    )
    for deal, late, told, over, cause in rows:
        alert = {
            "id": f"a{deal}", "fingerprint": f"f{deal}", "episode": 1, "rule_id": "stage-time", "object": "deal",
            "record_id": f"crm:{deal}", "connection": "crm", "severity": "warning",
            "state": "resolved" if over else "open", "breached_at": us(late), "breach_at": us(late),
            "opened_at": us(late), "resolved_at": us(over) if over else None, "cause": cause,
        }  # fmt: skip
        alerts.insert(conn, [alert])
        if told:
            notices.add(conn, [{
                "key": f"n{deal}", "alert_id": f"a{deal}", "record_id": f"crm:{deal}", "rule_id": "stage-time",
                "kind": "breach", "n": 0, "target": "person:sato", "style": "digest", "state": "told",
                "created_at": us(told), "told_at": us(told),
            }])  # fmt: skip
    answers.add(conn, {
        "id": "snoozed", "at": us("06-18"), "alert_id": "a7", "record_id": "crm:7", "rule_id": "stage-time",
        "episode": 1, "act": "snooze", "actor": "person:sato", "detail": None,
    })  # fmt: skip


def _meetings(conn: Any) -> None:
    """Meetings of an hour that began at 10:00, and when the next step and the notes were written after them."""
    rows = (
        ("3", "06-10", "06-10", "06-10"),  # both on the same day
        ("6", "06-11", "06-12", "06-11"),  # both, the next step 22 hours after the end
        ("10", "06-30", "06-30", "06-30"),  # the 24 hours are not over
        ("12", "06-15", "06-15", None),  # no notes
        ("15", "06-16", "06-19", "06-16"),  # the next step came too late
        ("19", "06-01", "06-01", "06-01"),  # more than four weeks ago
        ("21", "05-20", None, None),  # more than four weeks ago
    )
    for deal, day, step, notes in rows:
        began, record = us(day), f"crm:{deal}"
        events.add(conn, [
            {"record_id": record, "kind": "meeting", "subject": f"m{deal}", "at": began + HOUR, "began": began}
        ])  # fmt: skip
        written = [("next_step", step, "09:00"), ("meeting_notes", notes, "15:00")]
        changes.add(conn, [
            {
                "record_id": record, "field": name, "ordinal": 0, "value": "written", "source": "crm", "seen_at": 1,
                "at": us(when, "15:00" if when == day else time),
            }
            for name, when, time in written if when is not None
        ])  # fmt: skip


def _day(day: str) -> int:
    return to_day(moment(day).date())
