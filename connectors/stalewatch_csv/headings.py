"""What Salesforce and HubSpot call their columns, in English and Japanese: their heading to our field.

Only headings of the vendors' own fields stand here. docs/csv.md says which of them were found in public exports and
which are taken from the vendors' words for the same field and not verified. A test keeps page and tables equal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

CONVERTED: Final = "amount_in_project_currency"
CONVERTED_CURRENCY: Final = "converted_currency"
MODIFIED: Final = "modified_at"
WON_FLAG: Final = "is_won"
LOST_FLAG: Final = "is_lost"
CLOSED_FLAG: Final = "is_closed"

_SORTED: Final = "↑↓▲▼*"
"""What a report writes behind the heading by which it is sorted."""


class Vendor(NamedTuple):
    """One CRM's own headings: our field to theirs, the usual one first."""

    name: str
    headings: Mapping[str, tuple[str, ...]]


SALESFORCE: Final = Vendor(
    "Salesforce",
    {
        "deal_id": ("Opportunity ID", "商談 ID"),
        "name": ("Opportunity Name", "商談名"),
        "stage": ("Stage", "フェーズ"),
        "amount": ("Amount", "金額"),
        "currency": ("Amount Currency", "Opportunity Currency", "金額 通貨", "商談 通貨"),
        CONVERTED: ("Amount (converted)", "金額 (換算値)"),
        CONVERTED_CURRENCY: ("Amount (converted) Currency", "金額 (換算値) 通貨"),
        "close_date": ("Close Date", "完了予定日"),
        "created_at": ("Created Date", "作成日"),
        MODIFIED: ("Last Modified Date", "最終更新日"),
        "owner": ("Opportunity Owner", "商談 所有者"),
        "owner_email": ("Opportunity Owner Email", "Opportunity Owner: Email", "商談 所有者: メール"),
        "team": ("Owner Role", "所有者 ロール"),
        "next_step": ("Next Step", "次のステップ"),
        "pipeline": ("Opportunity Record Type", "商談 レコードタイプ"),
        "forecast_category": ("Forecast Category", "売上予測分類"),
        CLOSED_FLAG: ("Closed",),
        WON_FLAG: ("Won",),
    },
)
HUBSPOT: Final = Vendor(
    "HubSpot",
    {
        "deal_id": ("Record ID", "レコードID"),
        "name": ("Deal Name", "取引名"),
        "stage": ("Deal Stage", "取引ステージ"),
        "pipeline": ("Pipeline", "パイプライン"),
        "amount": ("Amount", "金額"),
        "currency": ("Currency", "通貨"),
        "close_date": ("Close Date", "クローズ日"),
        "created_at": ("Create Date", "作成日"),
        MODIFIED: ("Last Modified Date", "最終更新日"),
        "owner": ("Deal owner", "取引担当者"),
        "team": ("HubSpot Team", "HubSpotチーム"),
        "next_step": ("Next step", "次のステップ"),
        "forecast_category": ("Forecast category",),
        CLOSED_FLAG: ("Is Deal Closed?",),
        WON_FLAG: ("Is Closed Won",),
        LOST_FLAG: ("Is closed lost",),
    },
)
VENDORS: Final = (SALESFORCE, HUBSPOT)


@lru_cache(maxsize=1 << 12)
def plain(heading: str) -> str:
    """A heading as it is compared: width, case, spaces and the arrow of a sorted column do not matter."""
    narrow = unicodedata.normalize("NFKC", heading).casefold()
    return " ".join(narrow.rstrip(_SORTED).split())


def vendor_of(columns: Iterable[str]) -> Vendor | None:
    """Whose export it is: the one vendor whose name for the opportunity or its id heads a column; else None."""
    there = {plain(column) for column in columns}
    found = [vendor for vendor in VENDORS if there & _plain_names(vendor)]
    return found[0] if len(found) == 1 else None


def headings_of(vendor: Vendor, ours: str) -> Collection[str]:
    """The vendor's headings for one of our fields, as they are compared."""
    return [plain(heading) for heading in vendor.headings.get(ours, ())]


def known() -> frozenset[str]:
    """Every heading of every vendor, as they are compared."""
    return frozenset(plain(one) for vendor in VENDORS for words in vendor.headings.values() for one in words)


def _plain_names(vendor: Vendor) -> frozenset[str]:
    return frozenset({*headings_of(vendor, "deal_id"), *headings_of(vendor, "name")})
