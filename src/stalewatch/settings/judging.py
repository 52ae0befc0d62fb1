"""`defaults:`, `modes:` and `storm_guard:`: how alerts live, and how new rules begin to speak."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from stalewatch.domain.durations import Unit
from stalewatch.domain.language.diagnostics import cure
from stalewatch.domain.language.model import Mode
from stalewatch.domain.levels import AGAIN, Levels
from stalewatch.domain.policies import ACTS, Holdout, Judging, Rollout, Snoozing, StormGuard
from stalewatch.settings.section import Section

_DEFAULTS: Final = (
    *("language", "currency", "max_data_age", "mode", "warn", "keep_for", "reopen_within", "repeat"),
    *("snooze", "rollout", "storm_guard", "holdout"),
)
_MODES: Final = tuple(mode.value for mode in Mode)


def read_judging(root: Section, ladders: Mapping[str, Levels] | None = None) -> Judging:
    """What the project decided about judging, on top of what we start from.

    Args:
        ladders: its `escalations:`; None: it has none.
    """
    judging = Judging(modes=_modes(root.inner("modes")), acted=_acted(root))
    judging = replace(judging, ladders=replace(judging.ladders, named=ladders))
    defaults = root.inner("defaults")
    for section in (defaults, root):  # these three are understood in both places
        if section is not None:
            judging = replace(
                judging, rollout=_rollout(section, judging), storm_guard=_guard(section, judging),
                holdout=_holdout(section, judging),
            )  # fmt: skip
    return judging if defaults is None else _with_defaults(judging, defaults)


def _with_defaults(judging: Judging, section: Section) -> Judging:
    section.only(*_DEFAULTS)
    mode = section.word("mode", _MODES)
    return replace(
        judging,
        keep_for=section.duration("keep_for") or judging.keep_for,
        reopen_within=section.duration("reopen_within") or judging.reopen_within,
        warn=None if section.is_off("warn") else section.duration("warn"),
        mode=Mode(mode) if mode else judging.mode,
        snoozing=_snoozing(section.inner("snooze")),
        ladders=replace(judging.ladders, usual=_repeated(section)),
        max_data_age=section.duration("max_data_age") or judging.max_data_age,
        currency=_currency(section) or judging.currency,
    )


def _repeated(section: Section) -> Levels:
    """What follows a breach of a rule that names no ladder: once more to the owner, and to nobody above."""
    if section.is_off("repeat"):
        return ()
    after = section.duration("repeat", Unit.BUSINESS_DAY)
    return (AGAIN if after is None else replace(AGAIN, after=after),)


def _acted(root: Section) -> frozenset[str]:
    """The acts after which nothing is said for a while; all of them where the project says nothing."""
    for node in root.scalars("acted"):
        if node.text not in ACTS:
            remedy = cure("one_of", names=", ".join(ACTS))
            root.findings.unknown("unknown_value", node, node.text, ACTS, remedy, field="acted")
    return frozenset(root.names("acted")) & frozenset(ACTS) if "acted" in root else frozenset(ACTS)


def _holdout(section: Section, judging: Judging) -> Holdout | None:
    if section.is_off("holdout"):
        return None
    inner = section.inner("holdout")
    if inner is None:
        return judging.holdout
    inner.only("share", "rules", "critical")
    inner.need("share")
    share = inner.share("share")
    if share is None:
        return judging.holdout
    return Holdout(share=share, rules=frozenset(inner.names("rules")), critical=inner.flag("critical"))


def _modes(section: Section | None) -> Mapping[str, Mode]:
    if section is None:
        return {}
    words = {entry.name: section.word(entry.name, _MODES) for entry in section.node}
    return {name: Mode(word) for name, word in words.items() if word in _MODES}


def _snoozing(section: Section | None) -> Snoozing:
    usual = Snoozing()
    if section is None:
        return usual
    section.only("max", "times", "reason")
    times = section.whole("times")
    reason = section.word("reason", ("required", "optional"))
    return Snoozing(
        longest=section.duration("max") or usual.longest,
        times=usual.times if times is None else times,
        reason_required=usual.reason_required if reason is None else reason == "required",
    )


def _rollout(section: Section, judging: Judging) -> Rollout | None:
    if section.is_off("rollout"):
        return None
    inner = section.inner("rollout")
    if inner is None:
        return judging.rollout
    inner.only("grace", "max_new_alerts_per_owner")
    usual, most = Rollout(), inner.whole("max_new_alerts_per_owner", least=1)
    return Rollout(grace=inner.duration("grace") or usual.grace, most=usual.most if most is None else most)


def _guard(section: Section, judging: Judging) -> StormGuard | None:
    if section.is_off("storm_guard"):
        return None
    inner = section.inner("storm_guard")
    if inner is None:
        return judging.storm_guard
    inner.only("share", "at_least")
    usual, share, least = StormGuard(), inner.share("share"), inner.whole("at_least")
    return StormGuard(
        share=usual.share if share is None else share, at_least=usual.at_least if least is None else least
    )


def _currency(section: Section) -> str | None:
    code = section.text("currency")
    node = section.get("currency")
    if code is None or node is None or re.fullmatch(r"[A-Z]{3}", code, re.ASCII):
        return code
    section.findings.report("not_a_currency", node, cure("currency_example"), text=code)
    return None
