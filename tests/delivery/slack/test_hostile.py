"""Hostile text in every kind of message: posted, edited and answered over HTTP, read as a workspace reads it.

The simulated Slack holds every message to Slack's limits; here its own parser of markup says whether anybody would be
pinged, and what a link leads to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stalewatch.delivery.answered import Answered
from stalewatch.delivery.digest import compose_digest
from stalewatch.delivery.edited import Standing, edited
from stalewatch.delivery.email.letter import letter
from stalewatch.delivery.immediate import compose_immediate
from stalewatch.delivery.news import CannotJudge, ConnectionFailed, ServiceDown
from stalewatch.delivery.operators import compose_operator
from stalewatch.delivery.telling import Telling
from stalewatch.domain.alerts import AlertState, Cause, Kind
from stalewatch.domain.instants import to_us
from stalewatch.sdk.notifier import Message, Notifier
from stalewatch_sandbox.slack.mrkdwn import plain, rendered
from tests.delivery.slack.texts import NASTY, texts
from tests.delivery.slack.workspace import SATO, Stage, opened
from tests.delivery.tellings import NOW, sato, told, warned

OURS = "https://stalewatch.acme.example/deals/1"
LIST = "https://stalewatch.acme.example/"
ALIVE = re.compile(r'class="mention|<em>|<blockquote|<pre')


@pytest.fixture(scope="module")
def workspace() -> Iterator[Stage]:
    with opened() as stage:
        stage.server.api.limits.is_strict = False  # many messages in no time
        yield stage


def telling(text: str, kind: Kind = Kind.BREACH, record: str = "d1", **more: Any) -> Telling:
    """A deal every word of which somebody else wrote."""
    make = warned if kind is Kind.WARN else told
    words = {"en": "*{name}*: no answer since {since}.", "ja": "*{name}*:{since} から反応がありません。"}
    return make(
        record, kind=kind, name=text, owner_name=text, team=text, stage={"en": text, "ja": text}, url=OURS, owner="rep",
        title={"en": text or "t", "ja": text or "t"}, message=words, unanswered=5, **more,
    )  # fmt: skip


def kinds(text: str, language: str) -> Iterator[Message]:
    """Every kind of message, with the text wherever a CRM or a person could have written it."""
    to = sato(language)
    some = [telling(text, kind, f"d{n}") for n, kind in enumerate((Kind.BREACH, Kind.WARN, Kind.ESCALATE, Kind.REPEAT))]
    made = [
        compose_digest(some, delivery="digest", recipient=to, now=NOW, list_url=LIST, backlog=some[:1]),
        compose_digest(
            [telling(text, Kind.ESCALATE, f"e{n}") for n in range(8)], delivery="passed-on",
            recipient=replace(to, key="manager"), now=NOW, list_url=LIST, group_by=("team", "owner"), singles=2,
        ),
        compose_immediate([telling(text)], delivery="immediate", recipient=to, now=NOW, why=text),
        compose_operator(
            [
                ConnectionFailed(text, text, text),
                CannotJudge(text, ({"en": text, "ja": text},), ({"en": text, "ja": text},), 3, (text,)),
                ServiceDown(text, to_us(NOW), 3, text),
            ],
            delivery="operator", recipient=to, now=NOW, url=LIST,
        ),
    ]  # fmt: skip
    yield from (one for one in made if one is not None)


def changed(said: Message, text: str, language: str) -> Iterator[Message]:
    """The message after somebody answered, and after it was settled."""
    by, at = Answered(act="hold", by=text, at=to_us(NOW), last_day=date(2025, 12, 1), reason=text, about=text), NOW
    held = Standing(telling=telling(text), state=AlertState.WAITING, answer=by)
    over = Standing(telling=telling(text), state=AlertState.RESOLVED, cause=Cause.SATISFIED)
    gone = Standing(telling=None, state=AlertState.OPEN, handed_to=text)
    alerts = [alert for entry in said.entries for alert in entry.alerts]
    for standing in (held, over, gone):
        yield edited(said, dict.fromkeys(alerts, standing), sato(language).reads(at))


def assert_dead(stage: Stage, since: int) -> None:
    """Nobody is pinged, and no link leads anywhere but to us, in all that was said since."""
    for entry in stage.server.workspace.ledger[since:]:
        shown = [rendered(entry.text, {}), *(_shown(text) for text in _texts(entry.blocks))]
        for html in shown:
            assert not ALIVE.search(html), html
            assert set(re.findall(r'href="([^"]*)"', html)) <= {OURS, LIST, f"{LIST}undelivered"}
            assert "\u202e" not in html


def _texts(thing: Any) -> Iterator[dict[str, Any]]:
    if isinstance(thing, dict):
        if thing.get("type") in ("mrkdwn", "plain_text"):
            yield thing
        thing = list(thing.values())
    if isinstance(thing, Sequence) and not isinstance(thing, str):
        for one in thing:
            yield from _texts(one)


def _shown(text: dict[str, Any]) -> str:
    return rendered(text["text"], {}) if text["type"] == "mrkdwn" else plain(text["text"])


def say(stage: Stage, notifier: Notifier, text: str, language: str) -> None:
    """All of it: posted, changed, answered in its thread, in plain words, and as letters."""
    since = len(stage.server.workspace.ledger)
    for said in kinds(text, language):
        receipt = notifier.send(said)
        for now in changed(said, text, language):
            notifier.edit(receipt, now)
        notifier.send(replace(said, thread=receipt.handle, plain=True))
        made = letter(said, sender="stalewatch@acme.example", recipient=SATO, now=NOW).as_bytes()
        assert all(len(line) < 998 for line in made.split(b"\r\n"))
    assert len(stage.server.workspace.ledger) - since >= 20
    assert_dead(stage, since)


WORST = ("<!channel>", "<@U1>", "<https://evil.example|Login>", "\u202egnp.exe\u202c", "😀" * 4_000, "x" * 32_000)


@pytest.mark.security
@pytest.mark.parametrize(
    ("language", "some"),
    [
        ("en", WORST[:3]), ("ja", WORST[3:]), pytest.param("en", NASTY, marks=pytest.mark.slow),
        pytest.param("ja", NASTY, marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_s21_s22_known_attacks_ping_nobody_and_mask_no_link(
    workspace: Stage, language: str, some: Sequence[str]
) -> None:
    """S21, S22: in a digest, in what is passed on to a manager, at once, to the operator, edited and answered."""
    notifier = workspace.notifier()
    for text in some:
        say(workspace, notifier, text, language)


def test_the_same_marks_are_alive_where_nobody_takes_care(workspace: Stage) -> None:
    since = len(workspace.server.workspace.ledger)
    workspace.client().call("chat.postMessage", channel=workspace.dm, text="<!channel> <https://evil.example|Login>")
    with pytest.raises(AssertionError):
        assert_dead(workspace, since)


@pytest.mark.security
@settings(
    deadline=None, max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(text=texts, language=st.sampled_from(["en", "ja"]))
def test_s21_s22_no_text_at_all_pings_anybody(workspace: Stage, text: str, language: str) -> None:
    """S21, S22: whatever somebody types into a CRM."""
    say(workspace, workspace.notifier(), text, language)
