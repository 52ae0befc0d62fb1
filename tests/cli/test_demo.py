"""The demo: what somebody sees who has never seen stalewatch, the same each time, and gone afterwards."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen

import pytest

from stalewatch.delivery.columns import width
from tests.cli.browser import Browser
from tests.cli.conftest import Call, Said
from tests.patience import PATIENCE, Stopwatch

PROGRAM = [sys.executable, "-u", "-c", "from stalewatch.cli.main import main; main()", "demo"]


def environment(folder: Path) -> dict[str, str]:
    """With a database of the user's own, which is none of the demo's business."""
    mine = f"sqlite:///{folder / 'mine.db'}"
    return {"TMPDIR": str(folder), "PYTHONUTF8": "1", "STALEWATCH_DATABASE_URL": mine, "PATH": os.environ["PATH"]}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def seen(empty: Path) -> subprocess.CompletedProcess[str]:
    """`stalewatch demo --once`."""
    return subprocess.run(
        [*PROGRAM, "--once"], capture_output=True, text=True, check=False, timeout=PATIENCE, env=environment(empty)
    )


def test_a_month_passes_and_the_last_morning_is_shown(seen: subprocess.CompletedProcess[str], empty: Path) -> None:
    assert (seen.returncode, seen.stderr) == (0, "")
    lines = seen.stdout.splitlines()
    assert lines[0].startswith(
        "A made-up company with 80 open deals, read from its simulated Salesforce and HubSpot as"
    )
    assert re.fullmatch(r"then a month passed\. \d\d messages went out in Slack\.", lines[1])
    assert "It is 15 Apr 09:0" in lines[2]
    nudges = [line for line in lines if line.startswith("── ")]
    assert len(nudges) >= 5
    assert any("a next step from you · ¥" in line for line in lines)
    for whose in re.split(r"(?m)^── ", seen.stdout)[1:]:
        name = whose.partition("@")[0].replace(".", " ").title()
        assert f"business days · {name}" not in whose, "who sells in two CRMs is one person, and knows who they are"
    assert any(line.endswith("bd over]") for line in lines)
    assert any("deals are stalled · ¥" in line for line in lines)
    assert "stalewatch init" in lines[-1]
    before = lines[2 : next(place for place, line in enumerate(lines) if "deals are stalled" in line)]
    assert max(width(line) for line in before) <= 100
    assert list(empty.iterdir()) == [], "neither the demo's files nor anything in the user's own database"


def test_in_japanese_and_what_is_kept_can_be_asked(call: Call, here: Path) -> None:
    said = call("demo", "--once", "--lang", "ja", "--keep", here / "mydemo")
    assert said.status == 0, said.err
    assert "架空の会社の進行中の案件80件" in said.out
    assert "次の一歩が必要な案件が" in said.out
    assert "滞留している案件が" in said.out
    assert "stalled" not in re.sub(r"(?m)^  stalewatch .*$", "", said.out)
    for line in said.lines[-2:]:
        again: Said = call(*line.split()[1:], "--lang", "en")
        assert again.status == 0, again.err
        assert re.match(r"\d+ deals (are stalled|will be due within 7 days)", again.lines[0])
    refused = call("demo", "--once", "--keep", here / "mydemo")
    assert (refused.status, refused.err.splitlines()) == (
        1, [f"{here / 'mydemo'}: is there already, and not empty", "  name a new folder"],
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------- until Ctrl-C


@dataclass
class Serving:
    """A demo that serves, and its addresses."""

    process: subprocess.Popen[str]
    urls: dict[str, str]

    def ask(self, path: str) -> Any:
        """What the API answers."""
        with urlopen(urljoin(self.urls["dashboard"], path), timeout=PATIENCE) as answer:  # noqa: S310  # our own address
            return json.load(answer)


@pytest.fixture
def serving(here: Path) -> Iterator[Serving]:
    with subprocess.Popen(
        [*PROGRAM, "--port", "0"], cwd=here, env=environment(here),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        try:
            yield Serving(running, dict(_addresses(running)))
        finally:
            running.kill()


def _addresses(running: subprocess.Popen[str]) -> Iterator[tuple[str, str]]:
    """What is printed until all of it is open: the name before each address, and the address."""
    assert running.stdout is not None
    name = ""
    for line in running.stdout:
        found = re.search(r"http://[^\s']+", line)
        if found:
            yield ("first" if "Watch" in line else name), found[0]
        name = "dashboard" if "dashboard" in line else "slack" if "buttons" in line else "api"
        if "Ctrl-C" in line:
            return


def test_it_can_be_ended_while_the_month_passes(here: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "--port", "0"], cwd=here, env=environment(here), stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert "Watch its Slack fill" in running.stdout.readline()
        assert any(here.iterdir())
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE) == 130
    assert list(here.iterdir()) == []


def test_in_its_slack_and_on_its_dashboard_one_can_answer_until_ctrl_c(here: Path, serving: Serving) -> None:
    page = Browser(serving.urls["slack"])
    assert page.url.startswith(serving.urls["first"]), "what could be watched from the beginning"
    dashboard = urljoin(serving.urls["dashboard"], "/")
    links = set(re.findall(f'href="({dashboard}[^"]*)"', page.html))
    assert len(links) > 2, "messages lead to the dashboard"
    elsewhere = {item["url"] for item in serving.ask("/v1/deals/stalled?limit=200")["items"]}
    hosts = {str(urlsplit(url).hostname) for url in elsewhere}
    assert hosts == {"127.0.0.1", "app.hubspot.example"}, "no CRM of somebody's"
    for link in links:
        with urlopen(link, timeout=PATIENCE) as answer:  # noqa: S310  # our own address
            assert answer.status == 200

    page.press(page.form("Snooze"), "Snooze")
    modal = page.form("Snooze", "Until when?")
    [reason] = [name for name, type_ in modal.types.items() if type_ == "text" and name.startswith("input:")]
    page.press(modal, "Snooze", **{reason: "Their trade fair ends on Friday"})
    page.press(page.form("Close", "Snoozed until"), "Close")
    [(deal, alert)] = [
        (item["id"], found["alert"])
        for list_ in ("stalled", "due-soon") for item in serving.ask(f"/v1/deals/{list_}?limit=200")["items"]
        for found in item["reasons"] if found.get("state") == "snoozed"
    ]  # fmt: skip
    told = {one["id"]: one for one in serving.ask(f"/v1/deals/{deal}")["alerts"]}[alert]
    assert told["snooze_reason"] == "Their trade fair ends on Friday"

    page.press(page.form("Next meeting booked"), "Next meeting booked")
    page.press(page.form("Cancel", "From when?"), "Cancel")
    assert "Only visible to you" not in page.html
    page.press(page.form("Why?"), "Why?")
    page.form("Why?")
    assert "Only visible to you" in page.html

    for page_of, said in (("/", b"forecast rests on"), ("/stalled", b"deals are stalled")):
        with urlopen(urljoin(serving.urls["dashboard"], page_of), timeout=PATIENCE) as answer:  # noqa: S310  # our own
            assert said in answer.read()

    watch = Stopwatch()
    serving.process.send_signal(signal.SIGINT)
    said, complaints = serving.process.communicate(timeout=PATIENCE)
    assert serving.process.returncode == 0
    assert watch.seconds < 5
    assert "is gone" in said
    assert [line for line in complaints.splitlines() if " INFO " not in line] == []
    for url in serving.urls.values():
        with (
            pytest.raises(ConnectionRefusedError),
            socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)),
        ):
            pass
    assert list(here.iterdir()) == []
