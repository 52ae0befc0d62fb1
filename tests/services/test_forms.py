"""The forms of the buttons: what they ask, in both languages, whatever the CRM holds, and what is read from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some
from slack_sdk.models.views import View as Official

from stalewatch.delivery.slack import forms
from stalewatch.delivery.slack.interactions import Given
from stalewatch.domain.instants import MINUTE, from_us, to_us
from stalewatch.domain.writebacks import Writeback
from stalewatch.services.answering.acts import (
    Act,
    FalseAlarm,
    Hold,
    Lose,
    LossCheck,
    LossTag,
    Meet,
    Mistake,
    Snooze,
    Until,
)
from stalewatch.services.answering.button_forms import FORMS
from stalewatch.services.answering.form import Asked, Form, Wrong
from stalewatch.services.answering.outcomes import Answer, Letter, Refusal, Written
from stalewatch.services.answering.presses import filled
from stalewatch.services.writing.asking import Why
from stalewatch_sandbox.slack.blocks import view_findings
from tests.delivery.slack.texts import NASTY
from tests.services.answering_cases import Mail, asked
from tests.services.world import at

KINDS = tuple(FORMS)
WORDS = some.text(max_size=12) | some.from_regex(r"[0-9-:]{1,20}", fullmatch=True)
WORST = ("<!channel> <@U1> <https://evil.example|Login>", "😀" * 4_000, "\u202egnp.exe &lt; *x*", "長" * 32_000)
GIVEN: dict[str, dict[str, Given]] = {
    "meet": {"date": Given(date="2026-04-08"), "time": Given(time="14:30"), "length": Given(choice="60"),
             "agenda": Given(text="the quote")},
    "hold": {"date": Given(date="2026-05-11"), "ends": Given(choice="customer_reply"), "who": Given(text="Ms Mori"),
             "reason": Given(text="budget committee"), "evidence": Given(text="mail of 19 Nov")},
    "snooze": {"until": Given(choice="1775606400000000"), "reason": Given(text="they decide")},
    "lost": {"tag": Given(choice="competitor"), "note": Given(text="for a year")},
    "loss_check": {"language": Given(choice="ja")},
    "false_alarm": {"why": Given(choice="handled"), "note": Given(text="by phone")},
}  # fmt: skip
ACTS: dict[str, Act] = {
    "meet": Meet(starts_at=to_us(at("2026-04-08 14:30")), ends_at=to_us(at("2026-04-08 15:30")), agenda="the quote"),
    "hold": Hold(until=date(2026, 5, 11), who="Ms Mori", reason="budget committee", evidence="mail of 19 Nov",
                 ends=Until.CUSTOMER),
    "snooze": Snooze(until=1775606400000000, reason="they decide"),
    "lost": Lose(tag=LossTag.COMPETITOR, note="for a year"),
    "loss_check": LossCheck(language="ja"),
    "false_alarm": FalseAlarm(why=Mistake.HANDLED, note="by phone"),
}  # fmt: skip


def is_valid(view: Mapping[str, Any]) -> None:
    """By Slack's own models, and by the rules of the simulated one."""
    Official(**view).validate_json()
    assert list(view_findings(view)) == []


def strings(said: Any) -> Iterator[str]:
    """Every text that Slack would read markup in."""
    if isinstance(said, Mapping):
        if said.get("type") == "mrkdwn":
            yield said["text"]
        yield from (text for value in said.values() for text in strings(value))
    elif isinstance(said, list):
        yield from (text for one in said for text in strings(one))


def words(view: Mapping[str, Any]) -> str:
    """All that can be read in a view."""

    def texts(said: Any) -> Iterator[str]:
        if isinstance(said, Mapping):
            if isinstance(said.get("text"), str):
                yield said["text"]
            yield from (text for value in said.values() for text in texts(value))
        elif isinstance(said, list):
            yield from (text for one in said for text in texts(one))

    return "\n".join(texts({**view, "private_metadata": ""}))


def drawn(kind: str, case: Asked) -> dict[str, Any]:
    return filled(FORMS[kind], case)


@pytest.mark.security
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("kind", KINDS)
def test_s21_s22_whatever_a_deal_is_called_its_form_is_valid_and_nothing_in_it_is_markup(
    kind: str, language: str
) -> None:
    for name in NASTY if (kind, language) == ("hold", "ja") else WORST:
        view = drawn(kind, asked(language, name=name, links=Mail(), meeting_ends_at=to_us(at("2026-04-03 15:00"))))
        is_valid(view)
        assert view["callback_id"] == f"stalewatch.{kind}"
        assert not [text for text in strings(view) if "<" in text], "no mention, no link, no command"


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_empty_at_first_and_what_confirms_it_are_valid_too(kind: str, language: str) -> None:
    case, form = asked(language, links=Mail()), FORMS[kind]
    is_valid(forms.opening(form.title(case.words), case.reader))
    letter = Letter(link="https://x.example", subject="S", text="T") if kind == "loss_check" else None
    for written in (
        None,
        Written(id="w"),
        Written(why=Why.OFF),
        Written(why=Why.NOTES_ONLY, note="n"),
        Written(why=Why.GONE),
    ):
        done = form.done(ACTS[kind], Answer(until=to_us(at("2026-04-02 12:00")), written=written, letter=letter), case)
        is_valid(forms.notice(form.title(case.words), done, case.reader))
    for refusal in Refusal:
        said = form.refusal(Answer(refusal=refusal, until=case.now, limit=2), case)
        assert said
        assert len(said) < 300


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_filled_in_becomes_an_answer(kind: str) -> None:
    assert FORMS[kind].read(GIVEN[kind], asked()) == ACTS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_that_an_answer_is_read_from_or_refused_at_is_in_the_form(kind: str) -> None:
    fields = {block["block_id"] for block in drawn(kind, asked(links=Mail()))["blocks"] if block["type"] == "input"}
    assert set(GIVEN[kind]) <= fields
    assert set(FORMS[kind].places.values()) <= fields


@pytest.mark.parametrize(
    ("kind", "field", "given"),
    [
        ("meet", "date", Given()), ("meet", "date", Given(date="2026-02-30")), ("meet", "date", Given(date="soon")),
        ("meet", "time", Given()), ("meet", "time", Given(time="25:00")), ("meet", "length", Given(choice="-60")),
        ("meet", "length", Given(choice="1" * 30)), ("meet", "date", Given(date="9999-12-31")),
        ("hold", "date", Given()), ("hold", "date", Given(date="tomorrow")),
        ("snooze", "until", Given()), ("snooze", "until", Given(choice="٣")),
        ("snooze", "until", Given(choice="9" * 40)),
        ("snooze", "date", Given(date="2026-02-30")),
        ("lost", "tag", Given()), ("lost", "tag", Given(choice="price")),
        ("loss_check", "language", Given(choice="fr")), ("false_alarm", "why", Given(choice="bored")),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_beside_its_field(kind: str, field: str, given: Given) -> None:
    wrong = FORMS[kind].read({**GIVEN[kind], field: given}, asked("ja"))
    assert isinstance(wrong, Wrong)
    assert wrong.field == field
    assert wrong.why != ""
    assert wrong.why.isascii() is False, "in the reader's language"


def test_a_field_that_holds_too_much_or_comes_from_nowhere_does_not_matter() -> None:
    long = Given(text="\n\u202e" + "長" * 32_000)
    act = FORMS["hold"].read({**GIVEN["hold"], "reason": long, "other": Given(text="x")}, asked())
    assert isinstance(act, Hold)
    assert act.reason == "長" * 999 + "…"


# ------------------------------------------------------------------------------------------------- zones


def test_a_meeting_is_entered_by_the_clock_of_whoever_enters_it() -> None:
    london = asked(zone="Europe/London", now=at("2026-03-27 12:00"))
    assert "In your time zone, Europe/London. The deal's own is Asia/Tokyo." in words(drawn("meet", london))
    assert "time zone" not in words(drawn("meet", asked()))
    zone = ZoneInfo("Europe/London")
    for day, hour in (("2026-03-28", "11:30"), ("2026-03-30", "11:30"), ("2026-03-29", "01:30")):
        given = {**GIVEN["meet"], "date": Given(date=day), "time": Given(time=hour)}
        act = FORMS["meet"].read(given, london)
        assert isinstance(act, Meet)
        assert act.starts_at == to_us(at(f"{day} {hour}", zone.key)), "the clocks go forward on the 29th"
        assert act.ends_at == act.starts_at + 60 * MINUTE
    assert isinstance(act, Meet)
    said = FORMS["meet"].done(act, Answer(until=None, written=None), london)
    assert "Meeting booked for 29 Mar" in said[0]["text"]["text"]
    assert said[0]["text"]["text"].endswith("BST.")


# ------------------------------------------------------------------------------------------------- what will happen


@pytest.mark.parametrize(
    ("kind", "allowed", "says"),
    [
        ("meet", None, "Kept here. Salesforce is not changed, because write-back is off."),
        ("meet", Writeback.NOTES, "The meeting is written to Salesforce."),
        ("meet", Writeback.FIELDS, "If Salesforce does not show it within 24 hours, we ask again."),
        ("hold", None, "Kept here. Salesforce is not changed, because write-back is off."),
        ("hold", Writeback.NOTES, "The day and the reason are written to Salesforce."),
        ("lost", None, "Please close the deal there as well."),
        ("lost", Writeback.NOTES, "A note is written to Salesforce; the deal itself is not changed."),
        ("lost", Writeback.FIELDS, "In Salesforce the deal becomes lost."),
        ("snooze", Writeback.FIELDS, "This is kept here and nowhere else."),
        ("false_alarm", Writeback.FIELDS, "it counts against the rule"),
        ("loss_check", None, "to be sent from your own mailbox"),
    ],
)
def test_a_form_says_beforehand_what_happens_and_where(kind: str, allowed: Writeback | None, says: str) -> None:
    assert says in words(drawn(kind, asked(allowed=allowed, links=Mail())))


def test_a_form_names_the_deal_and_the_rule() -> None:
    for kind in KINDS:
        head = drawn(kind, asked("ja", name="ひかり食品", links=Mail()))["blocks"][0]["text"]["text"]
        assert head == "*ひかり食品*\n次回商談なし"


def test_until_the_meeting_is_over_is_offered_where_one_is_planned() -> None:
    planned = asked(meeting_ends_at=to_us(at("2026-04-03 15:00")))
    assert "Until the meeting on 3 Apr is over" in words(drawn("snooze", planned))
    assert "The end of the meeting on 3 Apr, or else that day" in words(drawn("hold", planned))
    for past in (None, to_us(at("2026-03-31 15:00"))):
        assert "is over" not in words(drawn("snooze", asked(meeting_ends_at=past)))


def test_a_snooze_until_something_happens_ends_at_the_latest_where_every_snooze_does() -> None:
    given = {**GIVEN["snooze"], "until": Given(choice="customer_reply")}
    act = FORMS["snooze"].read(given, asked())
    assert act == Snooze(until=to_us(at("2026-04-15 18:00")), reason="they decide", ends=Until.CUSTOMER)
    sooner = FORMS["snooze"].read({**given, "date": Given(date="2026-04-09")}, asked())
    assert sooner == Snooze(until=to_us(at("2026-04-09 09:00")), reason="they decide", ends=Until.CUSTOMER)


def test_where_a_customer_could_open_no_link_none_is_made() -> None:
    view = drawn("loss_check", asked(links=None))
    assert "submit" not in view
    assert "no public address yet" in words(view)


@pytest.mark.parametrize(("text", "is_whole"), [("Three sentences.", True), ("長" * 900, False)])
def test_the_customers_mail_can_be_copied_and_opened_as_a_draft(text: str, is_whole: bool) -> None:
    letter = Letter(
        link="https://x.example", subject="Shall we go on? & <!channel>", text=f"{text}\nhttps://x.example/l/1"
    )
    case = asked(links=Mail())
    done = FORMS["loss_check"].done(ACTS["loss_check"], Answer(letter=letter), case)
    view = forms.notice("x", done, case.reader)
    is_valid(view)
    copied = [one["elements"][0]["elements"][0]["text"] for one in view["blocks"] if one["type"] == "rich_text"]
    assert copied == [letter.subject, letter.text]
    [link] = [text for text in strings(view) if text.startswith("<mailto:")]
    assert len(link) < 3_000
    assert ("body=" in link) is is_whole
    assert "<!" not in link
    assert "subject=Shall%20we%20go%20on%3F%20%26%20%3C%21channel%3E" in link


def test_each_form_is_a_form_of_its_own() -> None:
    assert all(isinstance(form, Form) for form in FORMS.values())
    titles = {form.title(asked(language).words) for form in FORMS.values() for language in ("en", "ja")}
    assert len(titles) == 2 * len(FORMS)
    assert max(map(len, titles)) <= 24


@given(
    some.dictionaries(
        some.sampled_from(sorted({field for fields in GIVEN.values() for field in fields})),
        some.builds(
            Given, text=some.text(max_size=20), date=WORDS | some.dates().map(str), time=WORDS | some.times().map(str),
            choice=WORDS | some.sampled_from([*Until, *LossTag, *Mistake, "60", "en"]),
        ),
    ),
    some.sampled_from(KINDS),
)  # fmt: skip
def test_whatever_is_sent_is_an_answer_or_wrong_in_one_of_its_fields(fields: dict[str, Given], kind: str) -> None:
    read = FORMS[kind].read(fields, asked())
    if isinstance(read, Wrong):
        assert read.field in GIVEN[kind] or (kind, read.field) == ("snooze", "date")
        assert read.why
    elif isinstance(read, Meet):
        assert from_us(read.starts_at) < from_us(read.ends_at), "a connector is handed datetimes"
    else:
        assert type(read) is type(ACTS[kind])
