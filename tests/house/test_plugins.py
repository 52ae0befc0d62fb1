"""Plugins are installed packages, found by name; what lies about in a folder is never one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stalewatch import plugins
from stalewatch.sdk.errors import PluginError
from tests.connectors.acme_server import TOKEN, AcmeServer, row
from tests.house.tree import ROOT
from tests.house.wheels import build

THIRD_PARTY = ROOT / "tests" / "connectors" / "third_party"

PULL = """
import os
from datetime import UTC, datetime
from pathlib import Path
from stalewatch import plugins
from stalewatch.sdk.connector import ConnectionSettings

options = {"base_url": os.environ["ACME"], "allow_custom_host": True, "token": os.environ["TOKEN"]}
settings = ConnectionSettings(
    id="acme", options=options, base=Path.cwd(), currency="JPY", now=lambda: datetime(2026, 4, 1, tzinfo=UTC)
)
crm = plugins.connector("acme")(settings)
first, *rest = crm.pull(None)
again = list(crm.pull(first.cursor))
print(crm.type, first.deals[0].name, len(rest), [page.deals for page in again] == [page.deals for page in rest])
"""

EVIL = "from pathlib import Path\nPath('ran').touch()\n\n\ndef connect(settings):\n    return None\n"


class Shelf:
    """A folder of installed packages, as `pip install --target` leaves it, that stands on sys.path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def puts(self, distribution: str, entry: str, code: str = "def connect(settings): ...\n") -> None:
        """Install a distribution with one connector: `name = module:function`."""
        notes = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        notes.mkdir()
        (notes / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (notes / "entry_points.txt").write_text(f"[{plugins.CONNECTORS}]\n{entry}\n")
        (self.folder / f"{entry.split('=')[1].split(':', maxsplit=1)[0].strip()}.py").write_text(code)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    yield Shelf(folder)
    for name in set(sys.modules) - before:
        if (folder / f"{name}.py").exists():
            del sys.modules[name]


def test_a_connector_is_found_by_the_name_users_write(shelf: Shelf) -> None:
    shelf.puts("fine-connector", "fine = fine_module_one:connect")
    assert plugins.connector("fine").__module__ == "fine_module_one"
    assert plugins.offered(plugins.CONNECTORS)["fine"] == ("fine-connector",)


def test_only_the_one_asked_for_is_imported(shelf: Shelf) -> None:
    shelf.puts("fine-connector", "fine = fine_module_two:connect")
    shelf.puts("sleeping-connector", "sleeping = sleeping_module:connect", "raise AssertionError('imported')\n")
    plugins.connector("fine")
    assert "sleeping_module" not in sys.modules


def test_two_packages_with_one_name_are_refused_and_both_are_named(shelf: Shelf) -> None:
    shelf.puts("acme-one", "twin = twin_one:connect")
    shelf.puts("acme-two", "twin = twin_two:connect")
    with pytest.raises(PluginError, match=r"acme-one and acme-two both offer the connector 'twin'\n.*uninstall"):
        plugins.connector("twin")


def test_an_unknown_name_is_answered_with_the_nearest_and_the_list(shelf: Shelf) -> None:
    shelf.puts("fine-connector", "salesloth = fine_module_three:connect")
    with pytest.raises(PluginError, match=r"no connector 'saleslot'\n.*mean 'salesloth'\?.*csv.*salesloth"):
        plugins.connector("saleslot")


def test_a_package_that_cannot_be_imported_is_named_with_its_reason(shelf: Shelf) -> None:
    shelf.puts("broken-connector", "broken = broken_module:connect", "import a_library_nobody_installed\n")
    with pytest.raises(
        PluginError, match=r"'broken' of broken-connector cannot be loaded: ModuleNotFoundError"
    ) as caught:
        plugins.connector("broken")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_an_entry_point_that_makes_nothing_is_refused(shelf: Shelf) -> None:
    shelf.puts("odd-connector", "odd = odd_module:connect", "connect = 'a string'\n")
    with pytest.raises(PluginError, match="is not a function"):
        plugins.connector("odd")


def python(code: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code as `python -c` does, with the working directory first on sys.path."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_a_strangers_package_is_installed_and_used_without_an_edit_to_the_core(tmp_path: Path) -> None:
    shutil.copytree(THIRD_PARTY, tmp_path / "source", ignore=shutil.ignore_patterns("__pycache__"))
    wheel = build(tmp_path / "source", tmp_path)
    shelf = tmp_path / "installed"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", shelf, wheel],
        check=True,
    )
    with AcmeServer() as server:
        server.has(*(row(number) for number in range(450)))
        said = python(PULL, tmp_path, PYTHONPATH=str(shelf), ACME=server.url, TOKEN=TOKEN)
    assert said.stdout == "acme Deal 0 2 True\n", said.stderr


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A project folder into which somebody dropped code: beside the configuration, and as if installed there."""
    (tmp_path / "connectors").mkdir()
    (tmp_path / "connectors" / "evil.py").write_text(EVIL)
    Shelf(tmp_path).puts("evil-connector", "evil = evil:connect", EVIL)
    (tmp_path / "stalewatch_csv.py").write_text(EVIL)
    return tmp_path


@pytest.mark.security
@pytest.mark.parametrize("name", ["evil", "connectors.evil"])
def test_s39_code_in_the_working_directory_is_no_plugin(trap: Path, name: str) -> None:
    said = python(f"from stalewatch import plugins; plugins.connector({name!r})", trap)
    assert f"there is no connector {name!r}" in said.stderr
    assert not (trap / "ran").exists()


@pytest.mark.security
def test_s39_code_in_the_working_directory_does_not_stand_in_for_an_installed_plugin(trap: Path) -> None:
    said = python("from stalewatch import plugins; print(plugins.connector('csv').__module__)", trap)
    assert said.stdout.startswith("stalewatch_csv"), said.stderr
    assert not (trap / "ran").exists()


@pytest.mark.security
def test_s39_the_command_line_does_not_look_into_the_working_directory(trap: Path) -> None:
    for module in ("click", "yaml", "evil"):
        (trap / f"{module}.py").write_text(EVIL)
    subprocess.run([Path(sys.executable).with_name("stalewatch"), "--help"], cwd=trap, check=True, capture_output=True)
    assert not (trap / "ran").exists()
