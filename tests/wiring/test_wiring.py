"""The machine, put together: what is broken starts nothing, what is whole has every part it needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stalewatch import wiring
from stalewatch.clock import FixedClock, SystemClock
from stalewatch.delivery.by_address import service_of, services
from stalewatch.domain.durations import Duration, Unit, elapsed
from stalewatch.sdk.errors import ConfigurationError, PluginError
from stalewatch.wiring import BrokenProject, Stalewatch

NOW = datetime(2026, 4, 15, 9, tzinfo=UTC)
DEALS = "deal_id,name,outcome,created_on,stage\n1,A,open,2026-03-01,proposal\n"
RULE = """
stalewatch: 1
rules:
  - {id: late, title: late, watch: deal, start: created_at, within: 9d}
"""
CONFIG = "stalewatch: 1\nconnections: [{id: export, type: csv, path: .}]\n"
Open = Callable[..., Stalewatch]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Writes a project and opens it at NOW."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "deals.csv").write_text(DEALS)

    def opening(config: str = "", rule: str = RULE, language: str | None = None) -> Stalewatch:
        (tmp_path / "rules" / "late.yaml").write_text(rule, encoding="utf-8")
        path = tmp_path / "stalewatch.yaml"
        path.write_text(CONFIG + config, encoding="utf-8")
        return wiring.open_project(path, now=NOW, language=language, env={})

    return opening


def test_a_project_has_its_parts(opened: Open, tmp_path: Path) -> None:
    project = opened()
    try:
        assert isinstance(project.clock, FixedClock)
        assert project.clock.now() == NOW
        assert [rule.id for rule in project.rulebook.rules.rules] == ["late"]
        assert project.connector("export") is project.connector("export")
        assert "deal" in project.connector("export").describe().fields
        assert project.sources == {"export": None}
        assert (tmp_path / "stalewatch.db").exists()
    finally:
        project.close()


def test_without_a_notifier_messages_go_to_the_console_and_names_will_do(opened: Open) -> None:
    project = opened("notify: {operator: {channel: '#ops'}}\n")
    assert (project.notifier_name, project.notifier.type) == ("console", "console")
    assert project.speaking.names_suffice
    assert project.speaking.operator_channel == "#ops"
    project.close()


MAIL = "notify: {email: {url: 'smtps://mail.example.com', from: a@example.com}, operator: {email: ops@example.com}}\n"


def test_e_mail_stands_beside_whatever_the_usual_way_is(opened: Open) -> None:
    project = opened(MAIL)
    assert [service.type for service in services(project.notifier)] == ["console", "email"]
    assert service_of(project.notifier, "mailto:sato@example.com").type == "email"
    assert [service.type for service in services(project.with_mail(project.notifier))][-1] == "email"
    assert project.speaking.by_email
    assert project.speaking.mail_of("mail:sato@example.com") == "mailto:sato@example.com"
    assert project.speaking.mail_of("operator") == "mailto:ops@example.com"
    assert project.speaking.mail_first, "there is no messenger"
    project.close()


def test_beside_a_messenger_e_mail_is_the_last_way(opened: Open) -> None:
    project = opened(MAIL.replace("{email:", "{console: {}, email:", 1))
    assert not project.speaking.mail_first
    assert project.speaking.mail_of("operator") is None, "on the console the operator reads with everybody else"
    project.close()


def test_a_notifier_that_is_not_installed_is_told_when_it_is_asked_for(opened: Open) -> None:
    project = opened("notify: {slack: {}}\n")
    assert not project.speaking.names_suffice
    if project.notifier_name not in wiring.installed().notifiers:
        with pytest.raises(PluginError, match="there is no notifier 'slack'"):
            _ = project.notifier
    project.close()


def test_data_of_a_connection_that_ages_counts_for_max_data_age(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    project = opened("defaults: {max_data_age: 3h}\n")
    monkeypatch.setattr(type(project.connector("export")), "ages", True)
    assert project.sources == {"export": elapsed(Duration(3, Unit.HOUR))}
    project.close()


@pytest.mark.parametrize(("language", "sentence"), [("en", "is not a duration"), ("ja", "は期間として読めません")])
def test_everything_that_is_broken_is_told_and_nothing_starts(
    opened: Open, tmp_path: Path, language: str, sentence: str
) -> None:
    with pytest.raises(BrokenProject) as broken:
        opened("quiet: {dys: x}\n", RULE.replace("9d", "soon"), language)
    told = str(broken.value)
    assert "stalewatch.yaml:3:9: error SW101" in told
    assert sentence in told
    assert told.splitlines()[-1] == "2 file(s), 1 rules, 2 error(s), 0 warning(s)"
    assert not (tmp_path / "stalewatch.db").exists()


def test_a_configuration_that_is_not_there_is_told_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as missing:
        wiring.open_project(tmp_path / "stalewatch.yaml")
    assert missing.value.cure == "`stalewatch init` writes one; --config names another"


def test_the_clock_stands_runs_or_is_the_machines() -> None:
    assert isinstance(wiring.clock_at(None), SystemClock)
    assert wiring.clock_at(NOW).now() == NOW
    started = wiring.clock_at(NOW, running=True)
    assert timedelta() <= started.now() - NOW < timedelta(minutes=1)


def test_the_hosts_of_a_plugin_are_those_its_module_names() -> None:
    assert tuple(wiring.installed().connector_hosts("csv")) == ()
