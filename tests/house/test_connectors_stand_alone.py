"""Connectors are packages of their own: they know the plugin surface, and the core does not know them."""

from __future__ import annotations

from tests.house.tree import CONNECTORS, CORE, ROOT, imports, place, sources

OURS = "stalewatch"


def test_a_connector_imports_the_sdk_and_nothing_else_of_ours() -> None:
    """Neither the core behind the plugin surface, nor another connector, nor the sandbox."""
    strangers = [
        f"{place(path, line)} imports {name}"
        for folder in sorted(CONNECTORS.glob(f"{OURS}_*"))
        for path, tree in sources(folder)
        for line, name in imports(tree)
        if name.split(".")[0].startswith(OURS)
        and name.split(".")[0] != folder.name
        and name.split(".")[:2] != [OURS, "sdk"]
    ]
    assert strangers == []


def test_the_core_names_no_connector() -> None:
    """A connector arrives by its entry point; deleting its folder breaks nothing here."""
    packages = {folder.name for folder in CONNECTORS.iterdir() if folder.is_dir()}
    named = [
        f"{place(path, line)} imports {name}"
        for path, tree in sources(CORE, ROOT / "src" / "stalewatch_sandbox", saying=packages)
        for line, name in imports(tree)
        if name.split(".")[0] in packages
    ]
    assert packages
    assert named == []
