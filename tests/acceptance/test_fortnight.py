"""Two weeks in Slack, message by message: warned, told once, snoozed, asked again, answered; and what stays silent."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from stalewatch.delivery.slack.notifier import SlackNotifier
from tests.acceptance.fortnight import TOKYO, fortnight, tokyo

MEET = "Meet · ¥1M · Qualification"
BRANDS = {"salesforce": "Salesforce", "hubspot": "HubSpot"}
BUTTONS = "[Next meeting booked] [On hold until…] [⋯]"
ALONE = f"{BUTTONS} [Why am I seeing this?]"
WARNED = "2 days left, until 5 Mar, before “No next meeting”."
SILENT = "2 business days left, until 4 Mar, before “Customer went silent”."
LEDGER = f"""\
02 09:05 post 1: 1 deal is due soon · ¥1M | *1. Ghost · ¥1M · Qualification, 5 business days* / {SILENT} | {BUTTONS}
03 09:05 post 2: {MEET}, 3 business days | {WARNED} | {ALONE}
03 09:05 post 3: Won · ¥1M · Qualification, 3 business days | {WARNED} | {ALONE}
04 09:05 post 4: Storm · ¥1M · Qualification, 3 business days | 2 days left, until 6 Mar, before “No next meeting”. \
| {ALONE}
04 16:05 edit 3: ✅ Won | ~{WARNED}~ / Deal won
04 19:05 edit 1: 1 deal is due soon · ¥1M | *1. Ghost · ¥1M · Qualification, 5 business days* / ~{SILENT}~ / Late \
since 4 Mar | {BUTTONS}
05 09:05 post 5: 1 deal needs a next step from you · ¥1M | *1. Ghost · ¥1M · Qualification, 8 business days* / 3 \
messages sent, no answer since 25 Feb. `1 bd over` | {BUTTONS} | Since Monday: ✅ Won (deal won)
Still open: 2
05 18:05 post 6: {MEET}, 5 business days | No next meeting since 26 Feb. `limit reached` | {ALONE}
05 19:05 edit 2: {MEET}, 3 business days | ~{WARNED}~ / Late since 5 Mar | {ALONE}
06 10:00 ephemeral 7: *Meet* / No next meeting | • Created 26 Feb (<crm>) / • Limit 7 days / • Calendar Tokyo / • \
Due 5 Mar 18:00 JST | 3 Mar: first noticed / 3 Mar: a limit is near (to Sato) / 5 Mar: a limit has passed (to Sato) \
/ 6 Mar: snoozed until 10 Mar by Sato (“The customer decides on Monday”)
06 10:05 edit 2: {MEET}, 3 business days | ~{WARNED}~ / Snoozed until 10 Mar (Sato) | {ALONE}
06 10:05 edit 6: {MEET}, 5 business days | No next meeting since 26 Feb. `limit reached` / Snoozed until 10 Mar \
(Sato) | {ALONE}
07 10:05 edit 4: ✅ Storm | ~2 days left, until 6 Mar, before “No next meeting”.~ / Next meeting on 17 Mar
10 09:05 post 8: {MEET}, 8 business days | As agreed, we ask again. No next meeting since 26 Feb. `5 days over` | \
{ALONE}
10 09:05 post 9: 1 deal needs a next step from you · ¥1M | *1. Ghost · ¥1M · Qualification, 11 business days* / \
Still open, 3 business days after we told you. 5 messages sent, no answer since 25 Feb. `4 bd over` | {BUTTONS} | \
Since Thursday: ✅ Storm (next meeting on 17 Mar)
Still open: 1
10 10:05 edit 2: {MEET}, 3 business days | ~{WARNED}~ / Late since 5 Mar | {ALONE}
10 10:05 edit 6: {MEET}, 5 business days | No next meeting since 26 Feb. `limit reached` | {ALONE}
11 17:05 edit 2: ✅ Meet | ~{WARNED}~ / Next meeting on 13 Mar
11 17:05 edit 6: ✅ Meet | ~No next meeting since 26 Feb.~ / Next meeting on 13 Mar
11 17:05 edit 8: ✅ Meet | ~As agreed, we ask again. No next meeting since 26 Feb.~ / Next meeting on 13 Mar
"""


def february(day: int) -> datetime:
    return datetime(2026, 2, day, 10, tzinfo=TOKYO)


@pytest.mark.parametrize("crm", [pytest.param("salesforce", marks=pytest.mark.slow), "hubspot"])
def test_a_fortnight_of_one_seller(crm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time is the look that saw it. What is missing matters as much.

    Won hears nothing after its day. Ghost's seller writes three times more, which is no answer of the customer's.
    Storm's next meeting is booked while the CRM is down, and its limit passes before that can be known: nobody is told.
    """
    monkeypatch.setattr(SlackNotifier, "seconds_apart", 0.0)  # a second apart in real time: has its own test
    with fortnight(crm, tmp_path) as weeks:
        seller = weeks.crm
        meet, won, storm = (
            seller.deal(name, february(day)) for name, day in (("Meet", 26), ("Won", 26), ("Storm", 27))
        )
        ghost = seller.deal("Ghost", february(20))
        seller.mail(ghost, is_from_customer=True, at=february(25))
        seller.mail(ghost, is_from_customer=False, at=february(26))
        seller.mail(ghost, is_from_customer=False, at=february(27))
        seller.books(ghost, tokyo("30 10:00"))
        calm = weeks.until("04 11:00")
        seller.mail(ghost, is_from_customer=False)
        calm += weeks.until("04 15:00")
        seller.wins(won)
        calm += weeks.until("06 10:00")
        weeks.presses(6, "snooze")
        weeks.snoozes("10", "The customer decides on Monday")
        weeks.presses(6, "why")
        seller.mail(ghost, is_from_customer=False)
        calm += weeks.until("06 12:30")
        seller.goes_down()
        seller.books(storm, tokyo("17 10:00"))
        assert all(report.failures for report in weeks.until("06 20:00"))
        seller.mends()
        calm += weeks.until("09 16:00")
        seller.mail(ghost, is_from_customer=False)
        calm += weeks.until("11 14:00")
        seller.books(meet, tokyo("13 15:00"))
        calm += weeks.until("16 08:00")
        assert not any(report.failures for report in calm)
        said = "".join(f"{line}\n" for line in weeks.said())
        assert said.replace("Hana Sato", "Sato") == LEDGER.replace("<crm>", BRANDS[crm])
        assert [one.text for one in weeks.elsewhere()] == [f"{BRANDS[crm]} (crm) cannot be read"]
