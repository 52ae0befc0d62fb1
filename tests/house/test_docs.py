"""The documentation is whole: whatever can be typed, written, asked or implemented is named in docs/."""

from __future__ import annotations

import ast
import inspect
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import StrEnum
from types import ModuleType

import click
import msgspec
import pytest

from stalewatch.cli import main
from stalewatch.cli.invocation import Command
from stalewatch.domain.alerts import Kind
from stalewatch.domain.deadlines import State
from stalewatch.domain.language.comparisons import COMPARISONS
from stalewatch.domain.language.messages import PROBLEMS
from stalewatch.domain.language.model import FieldType, Mode, Origin, Severity
from stalewatch.domain.language.placeholders import CLOCK_PLACEHOLDERS
from stalewatch.domain.language.project_messages import PROJECT_PROBLEMS
from stalewatch.domain.language.starts import STARTS
from stalewatch.sdk import addresses, connector, errors, mail, network, notifier, pacing, records, vault, writing
from stalewatch.sdk.testing import ConnectorContract, NotifierContract
from stalewatch.services.access.tokens import SCOPES
from stalewatch.services.operating.health import ConnectionHealth, Snapshot
from stalewatch.web.health import Work
from stalewatch.web.routes import ROUTES, Route
from tests.house.keys import of_connector, of_rules, of_settings
from tests.house.pages import DOCS, Page, Section, doc, page, pages
from tests.house.tree import CONNECTORS, ROOT, sources

REFERENCE, PLUGINS, OPERATING = (doc(f"{name}.md") for name in ("reference", "plugins", "operating"))
RULES = [doc("rules.md"), *(page(path) for path in sorted((DOCS / "rules").glob("*.md")))]
API, PAGES = ([route for route in ROUTES if route.page is page] for page in (False, True))
GLOBAL = {name for option in Command("any").params for name in option.opts}


def missing(words: set[str], *where: Section) -> list[str]:
    """Words that stand nowhere in code in these sections."""
    return sorted(words.difference(*(section.named for section in where)))


# ------------------------------------------------------------------------------------------------- commands


def commands(group: click.Group = main.stalewatch, path: str = "stalewatch") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from commands(found, f"{path} {name}")
        else:
            yield f"{path} {name}", found


COMMANDS = dict(commands())


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_has_a_section_with_its_options_and_an_example(path: str) -> None:
    section = REFERENCE.section(path)
    own = [param for param in COMMANDS[path].params if not GLOBAL & set(param.opts)]
    options = {max(param.opts, key=len) for param in own if isinstance(param, click.Option)}
    assert missing(options, section) == []
    arguments = [
        param.make_metavar(click.Context(COMMANDS[path])) for param in own if isinstance(param, click.Argument)
    ]
    typed = "\n".join(block.text for block in section.blocks if block.language == "sh")
    assert [one for one in arguments if one.strip("[].") not in section.prose.replace("`", "").upper()] == []
    assert path in typed, f"{path} has no example"


def test_the_reference_knows_no_command_and_no_option_that_is_not_there() -> None:
    headings = {section.title.strip("`") for section in REFERENCE.sections if section.title.startswith("`stalewatch ")}
    assert headings - COMMANDS.keys() == set()
    said = {word for section in REFERENCE.sections for word in section.named if word.startswith("--")}
    real = {opt for found in COMMANDS.values() for param in found.params for opt in param.opts}
    assert said - real - {"--help", "--version"} - {one for one in said if " " in one} == set()


def test_the_options_of_every_command_and_the_exit_statuses_are_told() -> None:
    section = REFERENCE.section("Commands")
    assert missing(GLOBAL | {"--help", "--version"}, section) == []
    assert all(f"| {status} |" in section.prose for status in (0, 1, 2, 3, 130))


# ------------------------------------------------------------------------------------- stalewatch.yaml, connectors


def test_every_key_of_stalewatch_yaml_is_named() -> None:
    keys = of_settings()
    assert {"database", "immediate_per_day", "max_new_alerts_per_owner", "oidc", "allow_custom_host"} <= keys
    assert missing(keys, REFERENCE.section("stalewatch.yaml")) == []


def test_every_connector_that_comes_with_us_has_a_page_with_its_options() -> None:
    offered = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["stalewatch.connectors"]
    lacking = {}
    for name, entry in offered.items():
        folder = CONNECTORS / entry.partition(":")[0].partition(".")[0]
        if folder.is_dir():
            keys = of_connector(folder)
            path = DOCS / f"{name}.md"
            lacking[name] = missing(keys, page(path)) if path.exists() else [f"docs/{name}.md itself"]
    assert {name: words for name, words in lacking.items() if words} == {}


def test_every_reason_for_leaving_a_row_out_is_told() -> None:
    reasons = set()
    for _, tree in sources(CONNECTORS / "stalewatch_csv"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "UnusableError":
                reasons |= {str(arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    assert missing(reasons, doc("csv.md")) == []


# ------------------------------------------------------------------------------------------------------ rules


def test_every_other_word_of_the_rule_language_is_named() -> None:
    words = of_rules() | {*COMPARISONS, *STARTS, "by", "else", "is", "key+", "key-"}
    words |= {f"{{{name}}}" for name in CLOCK_PLACEHOLDERS} | {state.word for state in State}
    for kinds in (Severity, Mode, Kind, FieldType, set(Origin) - {Origin.RULES}):
        words |= {kind.value for kind in kinds}
    assert missing(words, *RULES) == []


def test_the_codes_of_the_diagnostics_are_those_of_the_page() -> None:
    codes = {problem.code for problem in [*PROBLEMS.values(), *PROJECT_PROBLEMS.values()]}
    told = {word for word in doc("rules/errors.md").named if word.startswith("SW") and word[2:].isdigit()}
    assert told == codes


# -------------------------------------------------------------------------------------------------------- API


def parameters(route: Route) -> set[str]:
    """The query parameters of a route, as they are written in an address."""
    known = route.asks.model_fields if route.asks else {}
    return {field.alias or name for name, field in known.items()}


@pytest.mark.parametrize("route", API, ids=lambda route: f"{route.method} {route.path}")
def test_a_route_has_a_section_with_its_scope_its_parameters_and_an_answer(route: Route) -> None:
    section = REFERENCE.section(f"{route.method} {route.path.replace(':path', '')}")
    wanted = {route.scope} if route.scope else set()
    assert missing(wanted | parameters(route), section) == []
    assert route.scope or "No token." in section.prose
    assert [block.language for block in section.blocks] == ["json"]


@pytest.mark.parametrize("route", PAGES, ids=lambda route: f"{route.method} {route.path}")
def test_a_page_is_named_with_its_parameters(route: Route) -> None:
    address = route.path.replace(":path", "")
    wanted = {address if route.method == "GET" else f"{route.method} {address}"}
    assert missing(wanted | parameters(route), doc("dashboard.md")) == []


def test_every_scope_and_every_status_is_told() -> None:
    section = REFERENCE.section("API")
    assert missing(set(SCOPES), section) == []
    statuses = {int(status) for route in ROUTES for status in route.answers}
    assert [status for status in sorted(statuses) if str(status) not in section.prose] == []


def test_every_figure_for_prometheus_is_told() -> None:
    class Health:
        def look(self) -> Snapshot:
            return Snapshot(
                connections=(ConnectionHealth(id="c", type="csv"),), deliveries={}, notices={}, held={}, parked=(),
                paused=(), dispatch_overdue=0,
            )  # fmt: skip

    figures = {metric.name for metric in Work(Health).collect()}  # type: ignore[arg-type]  # it looks, no more
    assert missing(figures, OPERATING) == []


# ---------------------------------------------------------------------------------------------------- plugins


def public(thing: type) -> set[str]:
    """What a plugin sees of a class: its methods and attributes, and for data its fields."""
    if is_dataclass(thing):
        return {field.name for field in fields(thing)}
    if issubclass(thing, msgspec.Struct):
        return {*thing.__struct_fields__}
    return {name for name in [*vars(thing), *inspect.get_annotations(thing)] if not name.startswith("_")}


def classes(module: ModuleType) -> Iterator[type]:
    made = (one for _, one in inspect.getmembers(module, inspect.isclass) if one.__module__ == module.__name__)
    return (one for one in made if not one.__name__.startswith("_"))


def test_every_class_of_the_plugin_surface_is_named() -> None:
    surface = (connector, mail, network, notifier, pacing, records, errors, vault, writing)
    names = {one.__name__ for module in surface for one in classes(module)}
    assert missing(names, PLUGINS) == []


def test_every_function_of_the_plugin_surface_is_named() -> None:
    names = {
        name
        for module in (addresses, mail, network)
        for name, one in inspect.getmembers(module, inspect.isfunction)
        if one.__module__ == module.__name__ and not name.startswith("_")
    }
    assert names
    assert missing(names, PLUGINS.section("A connector")) == []


@pytest.mark.parametrize(
    "module", [connector, notifier, pacing, vault, writing], ids=["connector", "notifier", "pacing", "vault", "writing"]
)
def test_every_method_and_field_of_the_plugin_surface_is_named(module: ModuleType) -> None:
    half = PLUGINS.section("A notifier" if module is notifier else "A connector")
    words = {name for one in classes(module) if not issubclass(one, StrEnum) for name in public(one)}
    assert missing(words - {"abc"}, half) == []


@pytest.mark.parametrize("contract", [ConnectorContract, NotifierContract])
def test_what_a_contract_class_asks_for_is_named(contract: type) -> None:
    assert missing({name for name in public(contract) if not name.startswith("test_")}, PLUGINS) == []


# ------------------------------------------------------------------------------------------------------ links


@pytest.mark.parametrize("here", pages(), ids=lambda here: here.page)
def test_links_lead_somewhere(here: Page) -> None:
    lost = []
    for link in here.links:
        name, _, anchor = link.partition("#")
        there = (here.path.parent / name) if name else here.path
        if not there.exists() or (anchor and anchor not in page(there).anchors):
            lost.append(link)
    assert lost == []
