"""What a set of rules asks of one object, worked out once: the steps that clocks.py runs over every frame.

Rules share what they have in common: equal conditions are one test (compiled.py), equal starts one anchor, and
equal pauses one list of waits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from stalewatch.domain.compiled import Program, Test
from stalewatch.domain.durations import Duration
from stalewatch.domain.excepting import ExceptionPlan, exception_plan
from stalewatch.domain.language.model import Condition, FromFields, Mode, Pause, Rule, RuleSet, Since, Start
from stalewatch.domain.language.reads import entered, fields_read
from stalewatch.domain.language.refs import fields


@dataclass(frozen=True, slots=True)
class StartPlan:
    """A start that some rules have in common.

    Attributes:
        holds: the condition of a `since`, and `fields` what it reads.
        is_dated: whether every field is a date, so that a clock may warn before it starts.
        is_shared: whether more than one rule starts its clocks here.
    """

    start: Start
    holds: Test | None
    fields: frozenset[str]
    is_dated: bool
    is_shared: bool


@dataclass(frozen=True, slots=True)
class RulePlan:
    """One rule, ready to run.

    Attributes:
        start, pause: numbers of its start and pause in the plan; pause None if it has none.
        reads_clock: whether `until` asks what was entered since the clock started.
        whens: the test of each row of `within`; None takes every record that is left.
        limits: each different duration, with the numbers of its rows.
        judged: fields without which the rule cannot judge.
        exceptions: those that name the rule.
    """

    rule: Rule
    start: int
    pause: int | None
    where: Test | None
    until: Test | None
    reads_clock: bool
    whens: tuple[Test | None, ...]
    limits: Mapping[Duration, tuple[int, ...]]
    judged: tuple[str, ...]
    exceptions: tuple[ExceptionPlan, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules that watch one object and are not off, in their order."""

    rules: RuleSet
    program: Program
    starts: tuple[StartPlan, ...]
    pauses: tuple[Pause, ...]
    steps: tuple[RulePlan, ...]


def plan_for(rules: RuleSet, obj: str, off: Collection[str] = ()) -> Plan:
    """Prepare the rules for frames of an object.

    Args:
        off: ids of rules that are not computed at all.
    """
    program = Program(rules, obj)
    mine = [rule for rule in rules.rules if rule.watch == obj and rule.id not in off and rule.mode is not Mode.OFF]
    starts = Counter(rule.start for rule in mine)
    pauses = tuple(dict.fromkeys(rule.pause for rule in mine if rule.pause))
    return Plan(
        rules,
        program,
        tuple(_start(start, program, count > 1) for start, count in starts.items()),
        pauses,
        tuple(_rule(rule, program, list(starts).index(rule.start), pauses) for rule in mine),
    )


def _start(start: Start, program: Program, is_shared: bool) -> StartPlan:
    if isinstance(start, Since):
        read = fields(start.condition, program.rules)
        return StartPlan(start, program.test(start.condition), read, is_dated=False, is_shared=is_shared)
    is_dated = isinstance(start, FromFields) and start.is_dated
    return StartPlan(start, None, frozenset(), is_dated, is_shared)


def _rule(rule: Rule, program: Program, start: int, pauses: tuple[Pause, ...]) -> RulePlan:
    def test(condition: Condition | None) -> Test | None:
        return None if condition is None else program.test(condition)

    limits: dict[Duration, tuple[int, ...]] = {}
    for number, row in enumerate(rule.within):
        limits[row.duration] = (*limits.get(row.duration, ()), number)
    return RulePlan(
        rule=rule,
        start=start,
        pause=pauses.index(rule.pause) if rule.pause else None,
        where=test(rule.where),
        until=test(rule.until),
        reads_clock=rule.until is not None and next(entered(rule.until), None) is not None,
        whens=tuple(test(row.when) for row in rule.within),
        limits=limits,
        judged=tuple(sorted(fields_read(rule, program.rules).judged)),
        exceptions=tuple(
            exception_plan(exception, program)
            for exception in program.rules.exceptions
            if exception.watch == rule.watch and rule.id in exception.rules
        ),
    )
