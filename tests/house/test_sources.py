"""Time is an argument, the environment is read in one file, and nothing here knows the machine it was written on."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import CONNECTORS, CORE, ROOT, place, sources

CLOCK = CORE / "clock.py"
SETTINGS = CORE / "settings" / "variables.py"
ASKING_THE_TIME = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
ENVIRONMENT = {"os.environ", "os.getenv", "os.environb", "os.putenv"}
FILES = {"open", "read_text", "read_bytes", "write_text", "write_bytes"}


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a chain of attributes, as far as it is one."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def uses(tree: ast.Module, names: set[str]) -> Iterator[int]:
    """Lines on which one of the names is used; `datetime.datetime.now` counts as `datetime.now`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            used = [dotted(node)]
        elif isinstance(node, ast.ImportFrom):
            used = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        if any(f".{name}".endswith(tuple(f".{each}" for each in names)) for name in used):
            yield node.lineno


def found(names: set[str], *folders: Path, but: Path | None = None) -> list[str]:
    said = {name.rpartition(".")[2] for name in names}
    trees = sources(*folders, saying=said)
    return [place(path, line) for path, tree in trees if path != but for line in uses(tree, names)]


def test_only_the_clock_asks_what_time_it_is() -> None:
    assert found(ASKING_THE_TIME, ROOT / "src", CONNECTORS, but=CLOCK) == []
    assert len(found(ASKING_THE_TIME, CLOCK.parent)) == 1


def test_only_the_settings_read_the_environment() -> None:
    assert found(ENVIRONMENT, CORE, CONNECTORS, but=SETTINGS) == []


def test_the_search_sees_every_way_to_ask() -> None:
    asking = "import time\nfrom os import environ\nfrom datetime import datetime\ndatetime.now()\ntime.time()\n"
    tree = ast.parse(asking)
    assert list(uses(tree, ASKING_THE_TIME)) == [4, 5]
    assert list(uses(tree, ENVIRONMENT)) == [2]


def test_the_domain_opens_no_file() -> None:
    opened = [
        place(path, node.lineno)
        for path, tree in sources(CORE / "domain", saying=FILES)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in FILES
    ]
    assert opened == []


def test_no_file_names_a_registry_or_a_folder_of_somebodys_machine() -> None:
    registries = ("py" + "pi.org", "python" + "hosted.org", "registry.np" + "mjs.org")
    private = re.compile(r"(?<![\w.}\)~-])/(?:home|root|Users|work|tmp)/\w")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    named = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if not path.is_file() or path == Path(__file__):
            continue
        text = path.read_bytes().decode("utf-8", errors="ignore")
        named += [
            f"{name}:{number}"
            for number, line in enumerate(text.splitlines(), 1)
            if private.search(line) or any(registry in line for registry in registries)
        ]
    assert named == []
