"""Fields of a CRM that look like one of the catalogue, by their name or label, in English and Japanese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from stalewatch.domain.language.model import Field
from stalewatch.sdk.connector import SpareField

_MOST: Final = 3
_EQUAL, _INSIDE, _PART = 3, 2, 1
_EXTRA: Final = 2
"""A label may say this many words more than ours and still mean it: "Budget (confirmed)"."""
_ALSO: Final = {
    "agenda": ("meeting agenda", "アジェンダ", "打ち合わせ議題"),
    "meeting_notes": ("minutes", "notes of meeting", "議事録"),
    "pain": ("pain point", "customer pain", "identified pain", "課題", "悩み"),
    "impact": ("business impact", "影響"),
    "decision_process": ("decision making process", "buying process", "意思決定", "決裁プロセス"),
    "decision_date": ("decision due", "go live decision", "決裁日", "決定日", "意思決定日"),
    "decision_criteria": ("criteria", "evaluation criteria", "評価基準"),
    "competitors": ("competitor", "main competitor", "競合他社", "競合製品"),
    "segment": ("company size", "customer segment", "企業規模", "顧客区分"),
    "metrics": ("metric", "kpi", "success metric", "指標"),
    "budget": ("budget amount", "予算額", "予算感"),
    "timeframe": ("timeline", "time frame", "purchase timeframe", "導入予定", "希望時期"),
    "need": ("needs", "ニーズ"),
    "authority": ("decision authority", "決裁者"),
    "next_step_due": ("next step date", "次回予定日", "ネクストステップ期日"),
    "ringi_status": ("approval status", "稟議状況", "稟議ステータス"),
    "ringi_submitted_at": ("ringi submitted", "稟議提出日", "稟議申請日"),
    "customer_agreed_problem": ("problem agreed", "課題合意"),
    "proposal_amount_confirmed": ("amount confirmed", "price confirmed", "金額確認", "提案金額確認"),
    "handed_off_at": ("hand off date", "handoff date", "sql date", "引き渡し日", "トスアップ日"),
    "mql_at": ("mql date", "mql日", "mql化日"),
    "accept_reason": ("accepted reason", "受領理由", "差し戻し理由"),
    "unconverted_reason": ("disqualification reason", "unqualified reason", "失注理由", "対象外理由"),
    "icp_fit": ("icp", "fit score", "icp適合度"),
    "partner": ("partner name", "partner account", "パートナー名", "代理店"),
}  # fmt: skip
"""What companies call these fields; a suggestion is read by a person before it is written."""


def alike(field: Field, spare: Iterable[SpareField], besides: Sequence[str] = ()) -> tuple[SpareField, ...]:
    """Fields of the CRM that could feed a catalogue field and look like it, the likeliest first.

    Args:
        besides: other names that it goes by, such as that of the field that was mapped and does not fit.
    """
    names = [field.name.rpartition(".")[2], *field.title.values(), *_ALSO.get(field.name, ()), *besides]
    wanted = [words for words in map(_words, names) if words]
    fitting = [one for one in spare if field.type.value in one.holds]
    scored = [(_score(wanted, one), one) for one in fitting]
    found = sorted((pair for pair in scored if pair[0]), key=lambda pair: (-pair[0], pair[1].name))
    return tuple(one for _, one in found[:_MOST])


def _score(wanted: Sequence[tuple[str, ...]], one: SpareField) -> int:
    return max(
        (_likeness(words, told) for words in wanted for told in (_words(one.name), _words(one.label))), default=0
    )


def _likeness(ours: tuple[str, ...], theirs: tuple[str, ...]) -> int:
    if not theirs:
        return 0
    if ours == theirs:
        return _EQUAL
    if set(ours) <= set(theirs) and len(theirs) - len(ours) <= _EXTRA:
        return _INSIDE
    one, other = "".join(ours), "".join(theirs)
    is_japanese = not one.isascii() and len(one) > 1
    return _PART if is_japanese and one in other and len(other) <= 2 * len(one) + _EXTRA else 0


def _words(name: str) -> tuple[str, ...]:
    """`Decision_Date__c`, `decisionDate` and "Decision date" are the same words; a plural is its singular."""
    plain = unicodedata.normalize("NFKC", name)[:200].removesuffix("__c").removesuffix("__C").rpartition("__")[2]
    parts = re.split(r"[\W_]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", plain))
    return tuple(_singular(part.casefold()) for part in parts if part)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
