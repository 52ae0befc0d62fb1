"""`rules check` against what the lists of the CRM had at the last sync."""

from __future__ import annotations

from pathlib import Path

import pytest

from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.diagnostics import Findings
from stalewatch.services.rules.choices import offered, with_lists
from stalewatch.services.rules.rulefiles import catalogue_sources
from stalewatch.store import connections
from stalewatch.store.engine import Database
from tests.cli.conftest import Call

NOW = ("--now", "2026-04-15T09:00:00Z")
RULE = """\
stalewatch: 1
rules:
  - id: rival
    title: {en: x, ja: x}
    watch: deal
    start: created_at
    within: 10bd
    until: {competitors: %s}
    severity: info
    because: {en: x, ja: x}
    message: {en: x, ja: x}
"""


@pytest.fixture
def project(here: Path, call: Call) -> Path:
    call("init", *NOW)
    call("sync", *NOW)
    return here


def remember(project: Path, lists: object, coverage: object = None) -> None:
    """What a sync would store of a CRM with lists."""
    db = Database(f"sqlite:///{project / 'stalewatch.db'}")
    with db.write() as conn:
        connections.set_values(conn, "export", choices=lists, coverage=coverage or {"deal": ["competitors", "name"]})
    db.dispose()


def write(project: Path, value: str) -> Path:
    path = project / "rules" / "rival.yaml"
    path.write_text(RULE % value, "utf-8")
    return path


def test_a_value_that_the_list_does_not_have_is_a_warning_with_the_nearest_one(project: Path, call: Call) -> None:
    remember(project, {"deal": {"competitors": ["Acme", "Bolt", "なし"]}})
    path = write(project, "Acne")
    for words in ((), (str(path),)):
        said = call("rules", "check", *words, *NOW)
        assert said.status == 0
        assert "rival.yaml:8:26: warning SW205: the CRM's list for competitors has no `Acne`" in said.out
        assert "did you mean `Acme`?" in said.out
    assert call("rules", "check", "--strict", *NOW).status == 3
    write(project, "[Bolt, Zeta]")
    japanese = call("rules", "check", "--lang", "ja", *NOW).out
    assert "CRM の competitors の選択肢に `Zeta` はありません" in japanese
    assert "使える値: Acme, Bolt, なし" in japanese
    write(project, "{contains: Ac}")
    assert "SW205" not in call("rules", "check", *NOW).out, "a part of a text is no value of the list"


def test_where_nothing_is_known_nothing_is_said(project: Path, call: Call) -> None:
    write(project, "Acne")
    assert "SW205" not in call("rules", "check", *NOW).out
    remember(project, {"deal": {"name": ["x"]}})
    assert "SW205" not in call("rules", "check", *NOW).out, "it feeds the field, and not from a list"
    remember(project, {"deal": {"competitors": ["Acme"]}})
    (project / "stalewatch.db").rename(project / "elsewhere.db")
    assert "SW205" not in call("rules", "check", *NOW).out
    assert not (project / "stalewatch.db").exists(), "to check makes no database"


def test_editors_offer_what_the_list_has_and_never_fall_behind_by_it(project: Path, call: Call) -> None:
    remember(project, {"deal": {"competitors": ["Acme", "Bolt"]}})
    assert '"examples": ["Acme", "Bolt"]' in call("rules", "schema", *NOW).out
    assert call("rules", "check", *NOW).err == "", "a list that changed makes no schema outdated"


class Stored:
    def __init__(self, id_: str, coverage: object, choices: object = None) -> None:
        self.id, self.coverage, self.choices = id_, coverage, choices


def test_of_several_connections_every_list_counts_and_a_free_text_ends_them() -> None:
    one = Stored("a", {"deal": ["segment", "pain"]}, {"deal": {"segment": ["x", "y"], "pain": ["p"]}})
    two = Stored("b", {"deal": ["segment", "pain"]}, {"deal": {"segment": ["y", "z"]}})
    assert offered([one, two], ["a", "b"]) == {"deal": {"segment": ["x", "y", "z"]}}
    assert offered([one, two], ["a"]) == {"deal": {"segment": ["x", "y"], "pain": ["p"]}}
    assert offered([one], ["a", "b"]) == {}, "one that was never read may have any value"
    assert offered([one, Stored("b", None)], ["a", "b"]) == {}


def test_values_that_the_catalogue_names_stay_what_they_are() -> None:
    catalogue = load_catalogue(catalogue_sources(None, Findings())).catalogue
    assert catalogue is not None
    known = with_lists(catalogue, {"deal": {"stage": ["x"], "pain": ["p"], "amount": ["1"]}})
    assert [known.objects["deal"][name].offered for name in ("stage", "pain", "amount")] == [(), ("p",), ()]
    assert known.objects["partner_deal"]["pain"].offered == ("p",)
