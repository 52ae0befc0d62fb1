"""The page: what a reader sees, what they can press, and that no text becomes markup."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as some
from slack_sdk.signature import Clock as SignatureClock
from slack_sdk.signature import SignatureVerifier

from stalewatch_sandbox.slack.mrkdwn import rendered
from tests.network import NO_TLS
from tests.sandbox.slack.workspaces import NINE, Stage, actions, asking, button, listening, modal, section

ANYTHING = some.characters(exclude_categories=["Cs"]) | some.sampled_from("<>&|*_~`!@#:/\"'\n")
ALLOWED = {"strong", "em", "s", "code", "pre", "br", "blockquote", "span", "time", "a"}


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def _tags(html: str) -> _Tags:
    parser = _Tags()
    parser.feed(html)
    parser.close()
    return parser


class _Then(SignatureClock):
    def now(self) -> float:
        return NINE.timestamp()


def _page(stage: Stage, **query: str) -> str:
    return httpx.get(stage.server.url, params={"channel": stage.dm} | query, verify=NO_TLS).text


def _press(stage: Stage, path: str, about: str, **fields: str) -> httpx.Response:
    token = re.search(r'name="token" value="([^"]+)"', _page(stage))
    assert token is not None
    form = {"token": token.group(1), "as": stage.rep, "channel": stage.dm, "about": about} | fields
    return httpx.post(f"{stage.server.url}{path}", data=form, verify=NO_TLS)


@given(
    some.text(
        alphabet=some.characters(exclude_categories=["Cs"]) | some.sampled_from("<>&|*_~`!@#:/\"'\n"), max_size=80
    )
)
def test_no_text_becomes_a_tag_that_is_not_ours(text: str) -> None:
    for tag, attributes in _tags(rendered(text, {})).found:
        assert tag in ALLOWED
        assert set(attributes) <= {"class", "href", "rel", "target"}
        assert (attributes.get("href") or "https://").lower().startswith(("https://", "http://", "mailto:"))


@given(some.text(alphabet="abc<>&\"' 商談", max_size=40).filter(lambda text: not re.search(r"<[^<>\n]*>", text)))
def test_text_without_markup_reads_as_it_was_written(text: str) -> None:
    said = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = _tags(rendered(said, {})).words
    assert shown == text.removeprefix(">").lstrip() if text.startswith(">") else shown == text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _soft_ ~gone~", "<strong>bold</strong> <em>soft</em> <s>gone</s>"),
        ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
        ("`*raw*`", "<code>*raw*</code>"),
        ("<@U1> <#C1>", '<span class="mention">@Sato</span> <span class="mention">#sales</span>'),
        ("<!channel>", '<span class="mention loud">@channel</span>'),
        ("<https://a.example/?q=1&amp;r|a *b*>",
         '<a href="https://a.example/?q=1&amp;r" rel="noopener noreferrer" target="_blank">a *b*</a>'),
        ("<javascript:alert(1)|click>", "&lt;javascript:alert(1)|click&gt;"),
        ("&lt;!channel&gt;", "&lt;!channel&gt;"),
        (":tada: :nosuch:", "🎉 :nosuch:"),
    ],
)  # fmt: skip
def test_markup_as_slack_shows_it(text: str, html: str) -> None:
    assert rendered(text, {"U1": "Sato", "C1": "sales"}) == html


def test_a_reader_sees_what_was_said_in_their_zone_and_language(stage: Stage) -> None:
    stage.post("x", blocks=[section("*青葉工業* <script>alert(1)</script>"), actions(button())])
    stage.client.chat_postEphemeral(channel=stage.dm, user=stage.rep, text="only you")
    page = _page(stage)
    assert "<strong>青葉工業</strong>" in page
    assert "<script" not in page
    assert "2026-04-01 09:00" in page
    assert "あなただけに表示されています" in page
    assert 'lang="ja"' in page


def test_a_channel_hides_what_is_only_for_somebody_else(stage: Stage) -> None:
    channel = stage.server.workspace.add_channel("sales")
    stage.server.workspace.join("Kim", "kim@example.com", locale="en-US")
    stage.client.chat_postEphemeral(channel=channel.id, user=stage.rep, text="secret words")
    kim = next(one.id for one in stage.server.workspace.users.values() if one.name == "Kim")
    assert "secret words" in _page(stage, channel=channel.id, **{"as": stage.rep})
    assert "secret words" not in _page(stage, channel=channel.id, **{"as": kim})


def test_the_page_fetches_nothing_and_runs_nothing(stage: Stage) -> None:
    stage.post(blocks=[{"type": "image", "image_url": "https://example.com/x.png", "alt_text": "chart"}])
    answer = httpx.get(stage.server.url, params={"channel": stage.dm})
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in _tags(answer.text).found}


def test_a_pressed_button_reaches_the_app_signed(stage: Stage) -> None:
    ts = stage.post(blocks=[section("deal"), actions(button("snooze", value="alert-1"), block_id="row")])
    with listening() as app:
        stage.server.interactions.request_url = app.url
        assert _press(stage, "/press", ts, press="1/0").status_code == 303
    headers, body = app.heard[0]
    assert SignatureVerifier(stage.server.signing_secret, _Then()).is_valid_request(body, headers)
    payload: dict[str, Any] = json.loads(parse_qs(body.decode())["payload"][0])
    action = payload["actions"][0]
    assert (action["action_id"], action["block_id"], action["value"]) == ("snooze", "row", "alert-1")
    assert (payload["user"]["id"], payload["container"]["message_ts"]) == (stage.rep, ts)
    assert stage.client.views_open(trigger_id=payload["trigger_id"], view=modal(section("Why")))["ok"]


def test_a_chosen_option_reaches_the_app(stage: Stage) -> None:
    options = [{"text": {"type": "plain_text", "text": word}, "value": word} for word in ("why", "false")]
    ts = stage.post(blocks=[section("deal", accessory={"type": "overflow", "action_id": "more", "options": options})])
    with listening() as app:
        stage.server.interactions.request_url = app.url
        _press(stage, "/press", ts, press="0/accessory", **{"chosen:0/accessory": "false"})
    payload = json.loads(parse_qs(app.heard[0][1].decode())["payload"][0])
    assert payload["actions"][0]["selected_option"]["value"] == "false"


def test_a_modal_is_filled_in_corrected_and_closed(stage: Stage) -> None:
    trigger = stage.server.api.views.trigger(stage.rep)
    asked = modal(asking("until", {"type": "datepicker"}), asking("why", {"type": "plain_text_input"}))
    view = stage.client.views_open(trigger_id=trigger, view=asked)["view"]
    with listening() as app:
        stage.server.interactions.request_url = app.url
        app.answer = json.dumps({"response_action": "errors", "errors": {"until": "もっと早く"}}).encode()
        _press(stage, "/submit", view["id"], **{"input:0": "2026-05-01", "input:1": ""})
        assert "もっと早く" in _page(stage)
        app.answer = b""
        _press(stage, "/submit", view["id"], **{"input:0": "2026-04-06", "input:1": "they asked"})
    assert "<dialog" not in _page(stage)
    states = [json.loads(parse_qs(body.decode())["payload"][0])["view"]["state"]["values"] for _, body in app.heard]
    assert [state["until"]["value"]["selected_date"] for state in states] == ["2026-05-01", "2026-04-06"]
    assert [state["why"]["value"]["value"] for state in states] == [None, "they asked"]


def test_what_stands_behind_the_dots_is_pressed_like_a_button(stage: Stage) -> None:
    options = [{"text": {"type": "plain_text", "text": word}, "value": f"{word}:a1"} for word in ("lost", "why")]
    ts = stage.post(blocks=[actions(button(), {"type": "overflow", "action_id": "more", "options": options})])
    with listening() as app:
        stage.server.interactions.request_url = app.url
        assert 'value="0/1=1"' in _page(stage)
        _press(stage, "/press", ts, press="0/1=1")
        _press(stage, "/press", ts, press="0/1=7")
    action = json.loads(parse_qs(app.heard[0][1].decode())["payload"][0])["actions"][0]
    assert (action["type"], action["action_id"], action["selected_option"]) == ("overflow", "more", options[1])
    assert "options" not in action


def test_every_kind_of_field_tells_the_app_what_was_given(stage: Stage) -> None:
    options = [{"text": {"type": "plain_text", "text": word}, "value": word} for word in ("a", "b")]
    asked = modal(
        asking("at", {"type": "timepicker", "initial_time": "10:00", "timezone": "Asia/Tokyo"}),
        asking("why", {"type": "static_select", "options": options}),
        asking("what", {"type": "checkboxes", "options": options}),
        asking("who", {"type": "users_select"}),
    )
    view = stage.client.views_open(trigger_id=stage.server.api.views.trigger(stage.rep), view=asked)["view"]
    page = _page(stage)
    assert 'type="time"' in page
    assert "Asia/Tokyo" in page
    with listening() as app:
        stage.server.interactions.request_url = app.url
        given = {"input:0": "14:30", "input:1": "b", "input:2": "a", "input:3": stage.rep}
        _press(stage, "/submit", view["id"], **given)
    values = json.loads(parse_qs(app.heard[0][1].decode())["payload"][0])["view"]["state"]["values"]
    assert {name: one["value"] for name, one in values.items()} == {
        "at": {"type": "timepicker", "selected_time": "14:30"},
        "why": {"type": "static_select", "selected_option": options[1]},
        "what": {"type": "checkboxes", "selected_options": options[:1]},
        "who": {"type": "users_select", "selected_user": stage.rep},
    }


def test_what_was_filled_in_stays_while_it_is_mended_and_an_answer_that_nobody_understands_is_trouble(
    stage: Stage,
) -> None:
    trigger = stage.server.api.views.trigger(stage.rep)
    asked = modal(asking("at", {"type": "timepicker"}), asking("why", {"type": "plain_text_input"}))
    view = stage.client.views_open(trigger_id=trigger, view=asked)["view"]
    with listening() as app:
        stage.server.interactions.request_url = app.url
        for answer, is_trouble in (
            ({"errors": {"at": "早すぎます"}}, False), ({"errors": {"nowhere": "?"}}, True), ({"errors": {}}, True),
        ):  # fmt: skip
            app.answer = json.dumps({"response_action": "errors", **answer}).encode()
            _press(stage, "/submit", view["id"], **{"input:0": "08:15", "input:1": "they asked"})
            page = _page(stage)
            assert 'value="08:15"' in page
            assert 'value="they asked"' in page
            assert ("接続に問題が発生しました" in page) is is_trouble
        app.answer = json.dumps({"response_action": "update", "view": modal(title="x" * 25)}).encode()
        _press(stage, "/submit", view["id"])
        assert "接続に問題が発生しました" in _page(stage)
        app.answer = b""
        _press(stage, "/submit", view["id"])
    assert "<dialog" not in _page(stage)


def test_a_slash_command_is_answered_to_them_alone(stage: Stage) -> None:
    with listening() as app:
        app.answer = json.dumps({"text": "3 deals are due soon"}).encode()
        stage.server.interactions.request_url = app.url
        _press(stage, "/say", "", text="/stalewatch due soon")
    said = {name: values[0] for name, values in parse_qs(app.heard[0][1].decode()).items()}
    assert (said["command"], said["text"]) == ("/stalewatch", "due soon")
    assert [(one.kind, one.text) for one in stage.server.workspace.ledger] == [("ephemeral", "3 deals are due soon")]


def test_a_response_url_replaces_the_message(stage: Stage) -> None:
    ts = stage.post(blocks=[actions(button())])
    with listening() as app:
        stage.server.interactions.request_url = app.url
        _press(stage, "/press", ts, press="0/0")
    url = json.loads(parse_qs(app.heard[0][1].decode())["payload"][0])["response_url"]
    assert httpx.post(url, json={"replace_original": True, "text": "snoozed"}).json()["ok"]
    assert stage.server.workspace.channels[stage.dm].messages[ts].text == "snoozed"
    assert httpx.post(f"{stage.server.url}/response/guess", json={}).status_code == 404


def test_forms_of_other_pages_are_refused(stage: Stage) -> None:
    ts = stage.post(blocks=[actions(button())])
    forged = {"token": "guess", "as": stage.rep, "channel": stage.dm, "about": ts, "press": "0/0"}
    assert httpx.post(f"{stage.server.url}/press", data=forged).status_code == 403


def test_a_button_presses_nothing_while_nobody_listens(stage: Stage) -> None:
    ts = stage.post(blocks=[actions(button())])
    assert _press(stage, "/press", ts, press="0/0").status_code == 303
    assert _press(stage, "/press", ts, press="7/7").status_code == 303
