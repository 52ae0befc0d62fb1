"""The Slack app is installed from these files: they ask for exactly what is used, and differ in one thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from stalewatch.delivery.slack.scopes import EVERY, WITHOUT
from stalewatch.sdk.notifier import Outcome
from stalewatch.web.routes import ROUTES
from stalewatch.web.slack import SIGNATURE
from tests.delivery.slack.workspace import Stage, message

FOLDER = Path(__file__).parents[3] / "slack"
HTTP, SOCKET = FOLDER / "manifest.yaml", FOLDER / "manifest-socket.yaml"


def read(path: Path) -> dict[str, Any]:
    manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(manifest, dict)
    return manifest


@pytest.mark.parametrize("path", [HTTP, SOCKET], ids=lambda path: path.stem)
def test_it_asks_for_the_scopes_that_are_used_and_no_other(path: Path) -> None:
    scopes = read(path)["oauth_config"]["scopes"]
    assert set(scopes) == {"bot"}, "nothing is asked of a person"
    assert len(scopes["bot"]) == len(set(scopes["bot"]))
    assert set(scopes["bot"]) == set(EVERY)


@pytest.mark.parametrize("path", [HTTP, SOCKET], ids=lambda path: path.stem)
def test_people_can_be_written_to_and_can_press_buttons(path: Path) -> None:
    manifest = read(path)
    assert manifest["features"]["app_home"]["messages_tab_enabled"], "else: messages_tab_disabled"
    assert manifest["features"]["bot_user"]["display_name"] == "stalewatch"
    assert manifest["settings"]["interactivity"]["is_enabled"]
    assert manifest["features"]["app_home"]["home_tab_enabled"], "else: not_enabled"
    [command] = manifest["features"]["slash_commands"]
    assert (command["command"], command["should_escape"]) == ("/stalewatch", False), "we take words, not mentions"
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == ["app_home_opened"]
    assert not manifest["settings"]["token_rotation_enabled"], "nobody would renew it"


def test_the_two_differ_in_the_way_that_answers_take() -> None:
    http, socket = read(HTTP), read(SOCKET)
    ways = {route.path for route in ROUTES if route.scope == SIGNATURE}
    addresses = {
        http["settings"]["interactivity"].pop("request_url"),
        http["settings"]["event_subscriptions"].pop("request_url"),
        http["features"]["slash_commands"][0].pop("url"),
    }
    assert addresses == {f"https://stalewatch.example.com{way}" for way in ways}
    assert (http["settings"].pop("socket_mode_enabled"), socket["settings"].pop("socket_mode_enabled")) == (False, True)
    assert http == socket


def test_what_is_not_done_without_a_scope_is_said_of_each() -> None:
    assert set(WITHOUT) == set(EVERY)


@pytest.mark.parametrize("path", [HTTP, SOCKET], ids=lambda path: path.stem)
def test_an_app_made_from_it_can_do_all_that_is_done(path: Path, stage: Stage) -> None:
    stage.server.api.tokens[stage.server.token] = frozenset(read(path)["oauth_config"]["scopes"]["bot"])
    stage.server.workspace.add_channel("#operations", with_app=False)
    notifier, now = stage.notifier(), stage.clock.now()
    notifier.check()
    for delivery, address in (("d1", "sato@acme.example"), ("d2", "#operations")):
        receipt = notifier.send(message(delivery, address=address))
        assert notifier.settle(delivery, address, now).outcome is Outcome.ARRIVED
        notifier.edit(receipt, message(delivery, address=address, title="By now"))
