"""The simulated servers by themselves: other clients find everything, and nothing is left of them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from hubspot import HubSpot  # type: ignore[import-untyped]
from slack_sdk import WebClient

from tests.cli.conftest import Call
from tests.patience import PATIENCE

PROGRAM = [sys.executable, "-u", "-c", "from stalewatch.cli.main import main; main()", "sandbox", "--deals", "20"]


@contextmanager
def sandbox(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The command at work, and what it printed as JSON."""
    environment = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1"}
    process = subprocess.Popen([*PROGRAM, "--json", *arguments], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        lines: list[str] = []
        while not lines or lines[-1] != "}\n":
            lines.append(process.stdout.readline())
            assert lines[-1], "it ended"
        yield process, json.loads("".join(lines))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_other_clients_find_everything_and_nothing_is_left(tmp_path: Path, call: Call) -> None:
    project = tmp_path / "acme"
    with sandbox("--project", str(project), "--now", "2026-04-15T09:00:00+09:00") as (process, said):
        salesforce, slack = said["salesforce"], said["slack"]
        grant = {"grant_type": "client_credentials", "client_id": salesforce["client_id"],
                 "client_secret": salesforce["client_secret"]}  # fmt: skip
        token = requests.post(f"{salesforce['url']}/services/oauth2/token", data=grant, timeout=PATIENCE).json()
        assert token["instance_url"] == salesforce["url"]
        portal = HubSpot(access_token=said["hubspot"]["token"], host=said["hubspot"]["url"])
        assert portal.crm.owners.owners_api.get_page().results
        assert WebClient(slack["bot_token"], base_url=slack["base_url"]).auth_test()["ok"]
        state = requests.get(f"{salesforce['url']}/__sandbox__/", timeout=PATIENCE).json()
        assert state["now"] >= "2026-04-15T00:00:00"
        assert call("fields", "--config", project / "stalewatch.yaml", "--json").status == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    for url in (salesforce["url"], said["hubspot"]["url"], slack["url"]):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) != 0, f"{url} still listens"


def test_what_it_prints_can_be_pasted() -> None:
    from stalewatch.cli.sandbox_words import served

    with sandbox() as (_, said):
        pass
    text = served(said, "en")
    assert "  connections:\n  - id: sf\n" in text
    assert f"  export SANDBOX_HUBSPOT_TOKEN={said['environment']['SANDBOX_HUBSPOT_TOKEN']}\n" in text
    assert "時計を進める" in served(said, "ja")


def test_a_taken_port_and_a_full_folder_are_told(tmp_path: Path, call: Call) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = call("sandbox", "--deals", 5, "--slack-port", taken.getsockname()[1])
        assert said.status == 1
        assert said.err.startswith("a port cannot be used")
    (tmp_path / "mine.txt").touch()
    said = call("sandbox", "--deals", 5, "--project", tmp_path)
    assert said.status == 1
    assert "not empty" in said.err
