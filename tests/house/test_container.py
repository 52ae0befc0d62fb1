"""The container has no more power than it needs (S33). No engine runs it here: the files are read, step by step."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from stalewatch.cli.main import stalewatch

ROOT = Path(__file__).parents[2]
SECRET = re.compile(r"(?i)password|secret|token|api_?key")


@dataclass(frozen=True)
class Step:
    """One instruction of the Dockerfile, its lines joined."""

    word: str
    rest: str


def stages() -> list[list[Step]]:
    """The instructions, a list per stage; each begins with its FROM."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found: list[list[Step]] = []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append(Step(word, rest.strip()))
    return found


def said(stage: list[Step], word: str) -> list[str]:
    return [step.rest for step in stage if step.word == word]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    told = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    assert isinstance(told, dict)
    return told


@pytest.mark.security
def test_s33_the_image_is_run_by_nobody_special() -> None:
    last = stages()[-1]
    assert said(last, "USER") == ["10001:10001"]
    words = [step.word for step in last]
    assert "RUN" not in words[words.index("USER") :], "nothing is installed or changed as that user"
    assert any("useradd --uid 10001" in run and "nologin" in run for run in said(last, "RUN"))


@pytest.mark.security
def test_s33_everything_is_installed_by_hash_and_nothing_else_is_asked_for() -> None:
    for run in (run for stage in stages() for run in said(stage, "RUN")):
        for part in run.split("&&"):
            words = shlex.split(part)
            if words[:2] in (["pip", "install"], ["pip", "wheel"]):
                by_hash = {"--require-hashes", "--only-binary"} <= set(words)
                assert by_hash or {"--no-index", "--no-deps"} <= set(words), part
            else:
                assert words[0] in ("useradd", "rm"), part


@pytest.mark.security
def test_s33_no_secret_is_in_a_layer() -> None:
    for step in (step for stage in stages() for step in stage):
        assert step.word != "ARG"
        assert step.word != "ADD"
        assert not (step.word == "ENV" and SECRET.search(step.rest))
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored, "whatever lies around is not sent to the builder"


def test_the_same_base_is_pinned_in_both_stages() -> None:
    bases = {said(stage, "FROM")[0].split(" ")[0] for stage in stages()}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", bases.pop())


def test_everything_that_is_copied_is_there_and_is_sent() -> None:
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"]
    for copied in (copied for stage in stages() for copied in said(stage, "COPY") if not copied.startswith("--from")):
        for source in copied.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert any(fnmatch(source, pattern) for pattern in sent), f"{source} is ignored"


def test_all_that_the_wheel_is_made_of_is_copied() -> None:
    wheel = stages()[0]
    copied = {source for each in said(wheel, "COPY") for source in each.split()[:-1]}
    assert {"pyproject.toml", "README.md", "LICENSE", "NOTICE", "src", "connectors", "rules", "alembic"} <= copied


@pytest.mark.security
@pytest.mark.parametrize("name", ["stalewatch", "worker", "upgrade", "database"])
def test_s33_a_container_can_do_no_more_than_it_must(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "network_mode" not in service
    if name != "database":
        assert "cap_add" not in service
        assert service["user"] == "10001:10001"
        assert service["volumes"] == ["./project:/project:ro"]


@pytest.mark.security
def test_s33_no_secret_is_written_down_in_compose(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in (service.get("environment") or {}).items():
            assert not SECRET.search(name) or re.fullmatch(r"\$\{\w+:\?.+\}", value), name
            assert "://" not in value or re.search(r":\$\{\w+:\?.+\}@", value), name


@pytest.mark.security
def test_s33_nobody_but_this_machine_is_served(compose: dict[str, Any]) -> None:
    assert compose["services"]["stalewatch"]["ports"] == ["127.0.0.1:8080-8081:8080"]
    for name in ("worker", "upgrade", "database"):
        assert "ports" not in compose["services"][name]


def test_it_is_known_to_be_well_or_not(compose: dict[str, Any]) -> None:
    [check] = said(stages()[-1], "HEALTHCHECK")
    command = json.loads(check[check.index("CMD ") + 4 :])
    assert command[:2] == ["python", "-c"]
    assert "http://127.0.0.1:8080/healthz" in command[2]
    compile(command[2], "healthcheck", "exec")
    assert compose["services"]["database"]["healthcheck"]["test"][1] == "pg_isready"
    assert re.fullmatch(r"postgres:\d+\.\d+-[a-z]+", compose["services"]["database"]["image"])


def test_each_waits_for_what_it_needs(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["upgrade"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    for name in ("stalewatch", "worker"):
        assert services[name]["depends_on"] == {"upgrade": {"condition": "service_completed_successfully"}}


def test_two_answer_and_three_work(compose: dict[str, Any]) -> None:
    """Whoever answers leaves the work alone; of either a machine may be lost. Each ends before it is ended."""
    services = compose["services"]
    assert {name: services[name]["deploy"]["replicas"] for name in ("stalewatch", "worker")} == {
        "stalewatch": 2, "worker": 3,
    }  # fmt: skip
    first, last = re.findall(r":(\d+)-(\d+):", services["stalewatch"]["ports"][0])[0]
    assert int(last) - int(first) + 1 == services["stalewatch"]["deploy"]["replicas"], "each needs a port"
    assert "--no-worker" in services["stalewatch"]["command"]
    for name in ("stalewatch", "worker"):
        assert int(services[name]["stop_grace_period"].removesuffix("s")) > 10
        assert services[name]["restart"] == "unless-stopped"


def test_every_command_is_one_of_ours(compose: dict[str, Any]) -> None:
    last = stages()[-1]
    assert json.loads(said(last, "ENTRYPOINT")[0]) == ["stalewatch"]
    commands = [
        json.loads(said(last, "CMD")[0]),
        *(compose["services"][one]["command"] for one in ("upgrade", "stalewatch", "worker")),
    ]
    for command in commands:
        answer = CliRunner().invoke(stalewatch, [*command, "--help"])
        assert answer.exit_code == 0, (command, answer.output)
