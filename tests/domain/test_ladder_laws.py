"""Whatever happens after an alert was told: nothing is said twice, while somebody has asked for quiet, or against a
person's verdict, and a ladder is climbed level by level, each in its time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import event, given, settings
from hypothesis import strategies as st
from msgspec import structs

from stalewatch.domain import episodes
from stalewatch.domain.alerts import Alert, Cause, Kind, Policy, Reading, Said, message_key
from stalewatch.domain.deadlines import State
from stalewatch.domain.durations import Duration, Unit, elapsed
from stalewatch.domain.instants import DAY, HOUR
from stalewatch.domain.language.model import Combine, FromFields, Rule, Severity
from stalewatch.domain.levels import STANDARD, Ladders, Level, climbable, loaded, stored
from stalewatch.domain.policies import Holdout

RUNS = (State.WATCHING, State.AT_RISK, State.BREACHED, State.PAUSED)
LATE = (Kind.BREACH, Kind.REPEAT, Kind.REOPEN)


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens: time passes, the clock says something, somebody does something."""

    passed: int
    state: State
    shift: int
    muted: bool
    shadow: bool
    holdout: bool
    arrives: bool
    act: str


moments = st.builds(
    Moment,
    passed=st.sampled_from([1, HOUR, 5 * HOUR, DAY, 3 * DAY]),
    state=st.sampled_from([State.BREACHED] * 6 + [state for state in State]),  # noqa: C416
    shift=st.sampled_from([0] * 7 + [3 * DAY]),
    muted=st.sampled_from([False] * 5 + [True]),
    shadow=st.sampled_from([False] * 7 + [True]),
    holdout=st.sampled_from([False] * 7 + [True]),
    arrives=st.booleans(),
    act=st.sampled_from(["", "", "", "", "snooze", "claim", "acknowledge", "crm_changed", "false_alarm", "lost"]),
)
levels = st.lists(
    st.builds(
        Level,
        after=st.builds(Duration, st.integers(0, 10), st.sampled_from([Unit.HOUR, Unit.BUSINESS_DAY, Unit.DAY])),
        to=st.just(("owner",)),
        again=st.booleans(),
        stop=st.sampled_from([False, False, True]),
    ),
    max_size=4,
)


class Story:
    """One problem, moment after moment, and what was said of it."""

    def __init__(self, ladder: tuple[Level, ...]) -> None:
        self.ladder, self.now = ladder, 100 * DAY
        self.ran_since, self.anchor = self.now, -1
        self.latest: Alert | None = None
        self.said: list[tuple[int, Said, int]] = []
        self.verdict: int | None = None

    def policy(self, moment: Moment) -> Policy:
        return Policy(
            keep_for=2 * HOUR, reopens_until=lambda at: at + 3 * DAY, close_of_day=lambda at: at - at % DAY + DAY,
            shadow=moment.shadow, holdout=moment.holdout, muted_by="louder" if moment.muted else None,
            ladder=self.ladder,
        )  # fmt: skip

    def clock(self, moment: Moment) -> Reading:
        anchor = 90 * DAY + moment.shift
        runs = moment.state in RUNS
        if anchor != self.anchor or not runs:
            self.ran_since, self.anchor = self.now, anchor if runs else -1
            self.verdict = None
        until = self.now + DAY if moment.state is State.PAUSED else None
        return Reading(moment.state, anchor, self.now - 1, self.now - 1, self.ran_since, until)

    def lives(self, moment: Moment) -> None:
        self.now += moment.passed
        blind = Reading(moment.state, 0, 0, 0, self.now)
        clock = blind if moment.state is State.CANNOT_JUDGE else self.clock(moment)
        before, policy = self.latest, self.policy(moment)
        step = episodes.step(before, "mark", clock, self.now, policy)
        self._is_lawful(before, step.alert, step.says, moment)
        self.latest = step.alert
        self.said += [(0 if step.alert is None else step.alert.episode, said, self.now) for said in step.says]
        self._arrives(moment, step.says)
        self._acts(moment, policy)

    def _is_lawful(self, before: Alert | None, after: Alert | None, says: tuple[Said, ...], moment: Moment) -> None:
        spoken = [said for said in says if said.kind is not Kind.RESOLVE]
        assert len(says) <= 1
        if self.verdict is not None and moment.state in RUNS:
            assert (says, after) == ((), before), "a person's word stands while the same clock runs on"
        same = before is not None and after is not None and not before.is_over and before.episode == after.episode
        if same and before is not None:
            quiet = (before.snoozed_until, before.hushed_until)
            assert not spoken or all(until is None or until <= self.now for until in quiet), "said while suspended"
        if moment.muted or moment.shadow or moment.state is State.PAUSED or (after is not None and after.is_silent):
            assert not spoken
        for said in spoken:
            if said.level is not None:
                assert same
                assert before is not None
                assert before.breach_told
                assert before.counts_from is not None
                assert self.now >= before.counts_from + elapsed(said.level.after)
                assert said.level == before.ladder[before.climbed]
                event(f"climbed: {said.kind}")
        if after is not None:
            assert after.due_at is None or after.due_at > self.now
            assert after.climbed <= len(after.ladder)
            assert loaded(stored(after.ladder)) == tuple(replace(level, stop=False) for level in after.ladder)

    def _arrives(self, moment: Moment, says: tuple[Said, ...]) -> None:
        """What was said of something late is delivered; the row is written as the store does it."""
        late = self.latest is not None and self.latest.breach_told and not self.latest.is_over
        if self.latest is not None and late and moment.arrives and self.latest.counts_from is None:
            self.latest = structs.replace(self.latest, counts_from=self.now, due_at=self.now)

    def _acts(self, moment: Moment, policy: Policy) -> None:
        if self.latest is None or self.latest.is_over or not moment.act:
            return
        until = self.now + 2 * DAY
        match moment.act:
            case "snooze":
                self.latest = episodes.snooze(self.latest, until, policy)
            case "claim":
                self.latest = episodes.claim(self.latest, until, policy)
            case "acknowledge":
                self.latest = episodes.acknowledge(self.latest, until, policy)
            case "crm_changed":
                self.latest = episodes.crm_changed(self.latest, until, policy)
            case verdict:
                ended = episodes.dismiss(self.latest, Cause(verdict), self.now)
                self.latest = ended.alert
                self.said += [(ended.alert.episode if ended.alert else 0, said, self.now) for said in ended.says]
                self.verdict = self.now if moment.state in RUNS else None


@settings(max_examples=150, deadline=None)
@given(st.lists(moments, max_size=30), levels)
def test_nothing_is_said_twice_nor_while_somebody_asked_for_quiet(story: list[Moment], ladder: list[Level]) -> None:
    lived = Story(climbable(ladder))
    for moment in story:
        lived.lives(moment)
    keys = [message_key("mark", episode, said, "sato") for episode, said, _ in lived.said]
    assert len(keys) == len(set(keys)), keys
    for episode in {episode for episode, _, _ in lived.said}:
        steps = [said.n for one, said, _ in lived.said if one == episode and said.kind is Kind.ESCALATE]
        assert steps == sorted(set(steps)), "level by level"


def test_a_verdict_stands_when_late_history_moves_the_start_back() -> None:
    """The CRM shows only now that the last meeting was earlier: that is no new problem."""
    lived = Story(())
    lived.lives(Moment(DAY, State.BREACHED, 3 * DAY, False, False, False, True, "false_alarm"))
    earlier = Reading(State.BREACHED, 90 * DAY, 0, 0, lived.now + DAY)
    step = episodes.step(lived.latest, "mark", earlier, lived.now + DAY, lived.policy(_QUIET))
    assert (step.says, step.alert) == ((), lived.latest)
    later = Reading(State.BREACHED, 94 * DAY, 0, 0, lived.now + DAY)
    again = episodes.step(lived.latest, "mark", later, lived.now + DAY, lived.policy(_QUIET))
    assert (again.says, again.alert and again.alert.episode) == ((Said(Kind.BREACH),), 2)


_QUIET = Moment(0, State.BREACHED, 0, False, False, False, False, "")


@given(st.integers(0, 40))
def test_a_ladder_comes_in_its_time_and_only_once(weeks: int) -> None:
    lived = Story(STANDARD)
    for _ in range(7 * weeks + 1):
        lived.lives(Moment(DAY, State.BREACHED, 0, False, False, False, True, ""))
    days = [((at - lived.said[0][2]) // DAY, said.kind) for _, said, at in lived.said]
    expected = [(0, Kind.BREACH), (5, Kind.REPEAT), (7, Kind.ESCALATE)]  # 3 and 5 business days of plain time
    assert days == [one for one in expected if one[0] <= 7 * weeks]


def test_the_ladder_of_a_rule() -> None:
    ladders = Ladders(named={"fast": (STANDARD[1],), "once": ()})
    assert [ladders.of(name) for name in (None, "fast", "once", "gone")] == [STANDARD[:1], STANDARD[1:], (), ()]
    assert [Ladders().of(name) for name in (None, "fast")] == [STANDARD[:1], STANDARD]


@given(st.floats(0, 1), st.lists(st.text(min_size=1), min_size=1, max_size=50))
def test_a_larger_share_holds_out_the_same_and_more(share: float, marks: list[str]) -> None:
    rule = Rule("quiet", "default", {}, "deal", FromFields(Combine.LATEST, ()), ())
    smaller = {mark for mark in marks if Holdout(share=share / 2).silences(rule, mark)}
    larger = {mark for mark in marks if Holdout(share=share).silences(rule, mark)}
    assert smaller <= larger
    assert not {mark for mark in marks if Holdout(share=0.0).silences(rule, mark)}
    assert {mark for mark in marks if Holdout(share=1.0).silences(rule, mark)} == set(marks)
    critical = replace(rule, severity=Severity.CRITICAL)
    assert not any(Holdout(share=1.0).silences(critical, mark) for mark in marks)
    assert not any(Holdout(share=1.0, rules=frozenset({"partner"})).silences(rule, mark) for mark in marks)
