"""`serve` as its users run it: a process that answers, an engine beside it, and a clean end of both."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from stalewatch.services.access import tokens
from stalewatch.store.engine import Database
from tests.cli.conftest import Call
from tests.patience import PATIENCE, Stopwatch, soon

PROJECT = """
stalewatch: 1
rules: [rules/]
connections:
  - {id: export, type: csv, path: exports/, files: {deals: deals.csv}, every: 1m}
defaults: {mode: live, currency: JPY, rollout: off}
storm_guard: off
quiet: off
routes: [{name: all, to: [owner], style: immediate}]
"""
RULES = """
stalewatch: 1
pack: quiet
title: {en: Quiet, ja: 静か}
rules:
  - id: old
    title: {en: Old, ja: 長期}
    watch: deal
    start: created_at
    within: [{is: 10d}]
    severity: critical
    message: {en: "{name} is old.", ja: "{name}は長期です。"}
"""
NOW = "2026-04-15T09:00:00Z"


@pytest.fixture
def project(here: Path) -> Path:
    (here / "rules").mkdir()
    (here / "exports").mkdir()
    (here / "stalewatch.yaml").write_text(PROJECT)
    (here / "rules" / "quiet.yaml").write_text(RULES)
    (here / "exports" / "deals.csv").write_text(
        "deal_id,name,owner,created_on,stage,outcome\n1,Acme,Sato,2026-01-05,discovery,open\n"
    )
    return here


class Served:
    """A running `stalewatch serve`."""

    def __init__(self, folder: Path, *options: str) -> None:
        words = [sys.executable, "-P", "-c", "from stalewatch.cli.main import main; main()", "serve", "--port", "0"]
        self.log = folder / "serve.log"
        with self.log.open("wb") as stream:
            self.process = subprocess.Popen([*words, "--now", NOW, *options], cwd=folder, stdout=stream, stderr=stream)
        assert soon(lambda: "serves http" in self.said), self.said
        found = re.search(r"serves (http://\S+)", self.said)
        assert found
        self.url = found[1]

    @property
    def said(self) -> str:
        return self.log.read_text()

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=PATIENCE)

    def children(self) -> list[int]:
        return [one.pid for one in psutil.Process(self.process.pid).children()]

    def told(self) -> bool:
        return "Acme" in self.said and self.get("/v1/deals/stalled").json()["total"] == 1


@pytest.fixture
def serve(project: Path) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*options: str) -> Served:
        started.append(Served(project, *options))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def test_it_answers_works_survives_its_engine_and_ends_with_it(serve: Callable[..., Served]) -> None:
    served = serve()
    assert soon(served.told), served.said
    assert served.get("/readyz").status_code == 200
    [first] = served.children()
    psutil.Process(first).kill()
    assert soon(lambda: served.get("/readyz").status_code == 503)
    assert soon(lambda: served.children() not in ([], [first]) and served.get("/readyz").status_code == 200)
    [second] = served.children()
    watch = Stopwatch()
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(PATIENCE) == 0
    assert watch.seconds < 10
    assert not psutil.pid_exists(second)
    assert "Traceback" not in served.said
    assert served.said.count("serves http") == 1


def test_an_engine_that_is_told_to_end_as_it_wakes_ends(serve: Callable[..., Served]) -> None:
    """B34: of a process that was frozen any thread may be handed the signal, and only the first one can heed it."""
    served = serve()
    assert soon(lambda: "works" in served.said), served.said
    [engine] = served.children()
    for number in (signal.SIGSTOP, signal.SIGCONT, signal.SIGTERM):
        psutil.Process(engine).send_signal(number)
    assert soon(lambda: engine not in served.children(), 30.0), served.said
    assert soon(lambda: "it ended (exit status 0)" in served.said), served.said


@pytest.mark.slow
def test_saved_rules_are_in_force_within_a_minute_and_broken_ones_are_not(
    serve: Callable[..., Served], project: Path
) -> None:
    """As its users do it: a server and its engine, an editor, and nothing else."""
    rules = project / "rules" / "quiet.yaml"
    rules.write_text(RULES.replace("10d", "300d"))
    served = serve()
    assert soon(lambda: "works" in served.said and "records read" in served.said), served.said
    assert soon(lambda: served.get("/readyz").json() == {"status": "ok", "reasons": [], "warnings": []})
    assert served.get("/v1/deals/stalled").json()["total"] == 0
    rules.write_text(RULES.replace("10d", "10"))
    assert soon(lambda: served.get("/readyz").json()["warnings"])
    [warning] = served.get("/readyz").json()["warnings"]
    assert warning.startswith("rules: rules/quiet.yaml:10:19: error SW110: ")
    assert served.get("/readyz").status_code == 200
    assert "quiet.yaml:10:19 SW110" in served.get("/").text
    assert soon(lambda: "The saved rules are not in force" in served.said), served.said
    rules.write_text(RULES)
    assert soon(served.told), served.said
    assert soon(lambda: not served.get("/readyz").json()["warnings"])
    assert "not in force" not in served.get("/").text
    assert served.said.count("The saved rules are not in force") == 1
    assert "Traceback" not in served.said


def test_an_engine_does_not_outlive_a_server_that_is_killed(serve: Callable[..., Served]) -> None:
    served = serve()
    assert soon(lambda: "works" in served.said)
    [engine] = served.children()
    watched = psutil.Process(engine)
    served.process.kill()
    served.process.wait()
    assert soon(lambda: not watched.is_running() or watched.status() == psutil.STATUS_ZOMBIE)


def test_ctrl_c_ends_all_of_one_process_without_a_word_too_many(serve: Callable[..., Served]) -> None:
    served = serve("--in-process")
    assert soon(served.told), served.said
    assert served.children() == []
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(PATIENCE) == 130
    assert "Traceback" not in served.said


@pytest.mark.usefixtures("project")
def test_a_port_that_is_taken_is_one_clear_line(call: Call) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = call("--now", NOW, "serve", "--no-worker", "--port", port)
    assert said.status == 1
    assert said.err.splitlines() == [
        f"127.0.0.1:{port}: the port is in use",
        "  end the other program, or choose a port: --port 8081",
    ]


@pytest.mark.security
@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.invalid"])  # noqa: S104 - what is refused
def test_s36_an_address_for_others_is_refused_until_somebody_can_log_in(call: Call, host: str) -> None:
    said = call("--now", NOW, "serve", "--no-worker", "--host", host, "--port", "0")
    assert said.status == 1
    assert "nobody needs an API token yet" in said.err
    assert "stalewatch token create" in said.err


@pytest.mark.security
def test_s36_behind_a_proxy_the_first_admin_comes_in_by_the_token_that_is_printed(
    serve: Callable[..., Served], project: Path
) -> None:
    with (project / "stalewatch.yaml").open("a") as config:
        config.write("web: {public_url: https://stalewatch.acme.example}\n")
    served = serve("--no-worker", "--lang", "ja")
    assert served.get("/v1/deals/stalled").status_code == 401
    assert "最初の管理者" in served.said
    found = re.search(r"setup-\S+", served.said)
    assert found
    with httpx.Client(base_url=served.url, headers={"Sec-Fetch-Site": "same-origin"}) as browser:
        answer = browser.post("/sign-in", data={"token": found[0]})
        assert answer.status_code == 303
        shown = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}  # over TLS the browser would show it itself
        assert browser.get("/v1/connections", headers=shown).status_code == 200
        assert browser.post("/sign-in", data={"token": found[0]}).status_code == 401


@pytest.mark.security
def test_s36_a_revoked_or_expired_token_opens_no_address(project: Path, call: Call) -> None:
    assert call("--now", NOW, "token", "create", "one").status == 0
    database = Database(f"sqlite:///{project / 'stalewatch.db'}")
    tokens.revoke(database, tokens.listed(database)[0].id, 0)
    tokens.create(database, "old", ["deals:read"], 0, expires_at=1)
    database.dispose()
    assert call("--now", NOW, "serve", "--no-worker", "--host", "0.0.0.0", "--port", "0").status == 1  # noqa: S104
