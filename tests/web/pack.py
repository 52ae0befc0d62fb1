"""The two rules by which the deals of these stories are judged."""

from __future__ import annotations

RULES = """
stalewatch: 1
pack: quiet
rules:
  - id: no-next-meeting
    title: {en: No next meeting, ja: 次回商談なし}
    watch: deal
    start: created_at
    within: [{is: 10bd}]
    severity: warning
    message: {en: "{name} has no next meeting.", ja: "{name}に次回商談がありません。"}
  - id: too-old
    title: {en: Open for too long, ja: 長期化}
    watch: deal
    start: created_at
    within: [{is: 60d}]
    severity: critical
    message: {en: "{name} is old.", ja: "{name}は長期化しています。"}
"""
