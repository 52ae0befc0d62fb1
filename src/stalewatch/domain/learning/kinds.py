"""The clocks for which a limit can be learned out of a history, and of what."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.language.model import FromFields, Rule

DEAL: Final = "deal"
CONVERSION: Final = "conversion"
HAND_OFF: Final = "hand_off"
_STARTS: Final = {
    ("deal", "created_at"): (DEAL, False), ("deal", "stage_entered_at"): (DEAL, True),
    ("lead", "created_at"): (CONVERSION, False), ("lead", "mql_at"): (HAND_OFF, False),
}  # fmt: skip


def kind_of(rule: Rule) -> tuple[str, bool] | None:
    """What a rule's limit can be learned of, and whether stage by stage; None: its clock is none for which it can."""
    fields = rule.start.fields if isinstance(rule.start, FromFields) else ()
    return _STARTS.get((rule.watch, fields[0].name)) if len(fields) == 1 else None
