"""Rules of a running process: what is taken from saved files and when, what is refused, and who has the last word."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from stalewatch import wiring
from stalewatch.domain.instants import MINUTE, to_us
from stalewatch.services.judging import in_force
from stalewatch.services.judging.golive import note_rules
from stalewatch.services.judging.in_force import RulesMoved, Standing
from stalewatch.store import notices, rule_states
from stalewatch.wiring.cycles import cycle_of
from stalewatch.wiring.live import Each, Live, Look
from stalewatch.wiring.watching import Watch
from tests.wiring.test_wiring import CONFIG, DEALS, NOW, RULE

TIGHTER = RULE.replace("9d", "5d")
BROKEN = RULE.replace("start: created_at", "start: made_at")


class Project:
    """A folder that somebody edits while processes work by it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.config, self.rule = folder, folder / "stalewatch.yaml", folder / "rules" / "late.yaml"
        self.rule.parent.mkdir()
        (folder / "deals.csv").write_text(DEALS)
        self.config.write_text(CONFIG)
        self.rule.write_text(RULE)
        self.opened: list[wiring.Stalewatch] = []

    def starts(self, *, judges: bool = True) -> Live:
        """A process begins: it looks until nothing is new to it."""
        project = wiring.open_project(self.config, now=NOW, env={})
        self.opened.append(project)
        if judges:
            cycle_of(project).prepare()
        live = Live(project, judges=judges)
        assert settled(live) is Look.SAME
        return live

    def standing(self) -> Standing:
        with self.opened[0].db.read() as conn:
            return in_force.standing(conn)

    def told(self) -> list[str]:
        """The kinds of what the operator is told, in order."""
        with self.opened[0].db.read() as conn:
            return [row.kind for row in notices.pending(conn, "operator", to_us(NOW))]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path)
    yield made
    for one in made.opened:
        one.close()


def settled(live: Live) -> Look:
    """Look until the files stand still."""
    found = live.look()
    return live.look() if found is Look.UNSETTLED else found


def limit(live: Live) -> str:
    return str(live.project.rulebook.rules.rules[0].within[0].duration)


def test_a_saved_file_is_taken_once_it_stands_still(project: Project) -> None:
    live = project.starts()
    before = live.project
    project.rule.write_text(TIGHTER)
    assert live.look() is Look.UNSETTLED
    project.rule.write_text(TIGHTER.replace("5d", "6d"))
    assert (live.look(), limit(live)) == (Look.UNSETTLED, "9d"), "somebody is still at it"
    assert (live.look(), limit(live)) == (Look.TAKEN, "6d")
    assert live.look() is Look.SAME
    assert before.rulebook.rules.rules[0].within[0].duration.amount == 9, "who works by the old ones goes on"
    assert live.project.db is before.db
    assert project.standing().version == live.project.rulebook.version


RARELY = [pytest.param(way, marks=pytest.mark.slow) for way in ("a file taken away", "a date put back")]


@pytest.mark.parametrize("way", ["renamed into place", "a new file", *RARELY])
def test_however_it_is_saved(project: Project, way: str) -> None:
    more = RULE.replace("id: late", "id: more")
    other = project.folder / "rules" / "more.yaml"
    if way == "a file taken away":
        other.write_text(more)
    live = project.starts()
    match way:
        case "renamed into place":
            (project.folder / ".late.yaml.swp").write_text(TIGHTER)
            (project.folder / ".late.yaml.swp").replace(project.rule)
        case "a new file":
            other.write_text(more)
        case "a file taken away":
            other.unlink()
        case _:
            stamp = project.rule.stat().st_mtime_ns
            project.rule.write_text(RULE.replace("9d", "5d"))
            os.utime(project.rule, ns=(stamp, stamp))
    assert settled(live) is Look.TAKEN
    ids = [rule.id for rule in live.project.rulebook.rules.rules]
    assert ids == (["late", "more"] if way == "a new file" else ["late"])


def test_a_file_that_is_touched_or_put_back_is_nothing_new(project: Project) -> None:
    live = project.starts()
    first = live.project
    project.rule.touch()
    assert live.look() is Look.SAME
    project.rule.write_text(TIGHTER)
    assert live.look() is Look.UNSETTLED
    project.rule.write_text(RULE)
    assert live.look() is Look.SAME
    assert live.project is first


def test_a_file_with_an_error_is_refused_and_the_operator_hears_of_it_once(project: Project) -> None:
    live = project.starts()
    project.rule.write_text(BROKEN)
    assert settled(live) is Look.REFUSED
    assert limit(live) == "9d"
    refused = live.state.refused
    assert refused is not None
    assert (refused.place, refused.code, refused.errors) == ("rules/late.yaml:4:49", "SW104", 1)
    assert refused.line().startswith("rules: rules/late.yaml:4:49: error SW104: ")
    assert refused.line().endswith("; the rules from before stay in force")
    assert len(project.told()) == 1
    live.look()
    project.rule.write_text(BROKEN.replace("9d", "9"))
    assert settled(live) is Look.REFUSED
    assert live.state.refused is not None
    assert live.state.refused.errors == 2
    assert len(project.told()) == 1, "it is one trouble until it is put right"
    project.rule.write_text(RULE)
    assert settled(live) is Look.SAME
    assert (live.state.refused, project.standing().refused) == (None, None)
    project.rule.write_text(BROKEN)
    assert settled(live) is Look.REFUSED
    assert len(set(project.told())) == 2, "and another one after that"


def test_a_process_that_died_and_another_one_repeat_nothing(project: Project) -> None:
    first, second = project.starts(), project.starts()
    project.rule.write_text(BROKEN)
    assert [settled(first), settled(second)] == [Look.REFUSED, Look.REFUSED]
    again = Live(first.project, judges=True)
    assert settled(again) is Look.REFUSED
    assert len(project.told()) == 1
    project.rule.write_text(TIGHTER)
    assert [settled(second), settled(first)] == [Look.TAKEN, Look.TAKEN]
    assert project.standing().refused is None
    assert project.standing().version == first.project.rulebook.version == second.project.rulebook.version


def test_what_is_not_there_is_refused_as_well(project: Project) -> None:
    live = project.starts()
    away = project.config.rename(project.folder / "away")
    assert settled(live) is Look.REFUSED
    assert live.state.refused is not None
    line = live.state.refused.line()
    assert line.startswith("rules: stalewatch.yaml: error: cannot be read: No such file or directory; the rules from")
    away.rename(project.config)
    assert settled(live) is Look.SAME
    assert live.state.refused is None


@pytest.mark.security
def test_s28_what_stands_in_the_configuration_is_neither_logged_nor_for_whoever_asks_readyz(project: Project) -> None:
    live = project.starts()
    project.config.write_text(CONFIG + "people: {sato@acme.example: {language: hush-hush}}\n")
    assert settled(live) is Look.REFUSED
    assert live.state.refused is not None
    assert "hush" not in live.state.refused.line()
    assert "hush" in live.state.refused.what["en"]


def test_keys_that_are_read_at_the_start_wait_for_a_restart_and_the_others_hold_at_once(project: Project) -> None:
    live = project.starts()
    changed = CONFIG.replace("type: csv", "type: csv, every: 9m")
    project.config.write_text(
        changed + "modes: {late: shadow}\nweb: {port: 99}\ndefaults: {currency: EUR, keep_for: 5h}\n"
        "people: {sato@acme.example: {language: ja}}\n"
    )
    assert settled(live) is Look.TAKEN
    assert live.state.waiting == ("web", "connections", "defaults.currency")
    settings = live.project.settings
    assert (settings.web.port, settings.connections[0].every.amount, settings.judging.currency) == (8080, 5, "USD")
    assert (settings.judging.keep_for.amount, live.project.rulebook.modes["late"].value) == (5, "shadow")
    assert list(live.project.speaking.people) == ["sato@acme.example"]
    project.config.write_text(CONFIG + "people: {sato@acme.example: {language: ja}}\n")
    assert settled(live) is Look.TAKEN
    assert not live.state.waiting


def test_a_connector_is_made_anew_only_if_it_has_to_read_other_fields(project: Project) -> None:
    live = project.starts()
    first = live.project.connector("export")
    project.rule.write_text(TIGHTER)
    assert settled(live) is Look.TAKEN
    assert live.project.connector("export") is first
    project.rule.write_text(RULE.replace("start: created_at", "start: close_date"))
    assert settled(live) is Look.TAKEN
    assert live.project.connector("export") is not first


def test_a_process_whose_rules_are_old_judges_nothing_until_it_has_read_the_new_ones(project: Project) -> None:
    slow, quick = project.starts(), project.starts()
    old = cycle_of(slow.project)
    old.run()
    project.rule.write_text(TIGHTER)
    assert settled(quick) is Look.TAKEN
    states = _states(project)
    for work in (old.prepare, lambda: old.sync(force=True)):
        with pytest.raises(RulesMoved, match="other rules are in force"):
            work()
    assert (old.recompute(), old.tick().looked) == (0, 0)
    assert _states(project) == states, "nor does it say since when its rules are live"
    assert settled(slow) is Look.TAKEN
    fresh = cycle_of(slow.project, is_accepted=True)
    assert fresh.run(force=True).recomputed == 1
    assert project.standing().version == quick.project.rulebook.version


def test_the_last_to_read_wins_and_not_the_last_to_finish(project: Project) -> None:
    slow, quick = project.starts(), project.starts()
    project.rule.write_text(TIGHTER)
    assert slow.look() is Look.UNSETTLED
    seen = project.standing()
    stale = slow._judged(seen)  # it has read 5d, and now thinks about it for long
    project.rule.write_text(TIGHTER.replace("5d", "6d"))
    assert settled(quick) is Look.TAKEN
    with pytest.raises(RulesMoved):
        stale()
    assert project.standing().version == quick.project.rulebook.version
    assert settled(slow) is Look.TAKEN
    assert (limit(slow), project.standing().version) == ("6d", quick.project.rulebook.version)


def test_other_files_have_the_word_only_while_somebody_works_by_them(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = project.starts()
    db, mine = live.project.db, live.project.rulebook.version
    project.rule.write_text(TIGHTER)
    other = wiring.open_project(project.config, now=NOW, env={})
    project.opened.append(other)
    project.rule.write_text(RULE)
    note_rules(db, other.rulebook, to_us(NOW))
    assert live.look() is Look.SAME
    assert project.standing().version == other.rulebook.version, "they are at work: it is theirs"
    ahead = db.now() + 4 * MINUTE
    monkeypatch.setattr(db, "now", lambda: ahead)
    assert live.look() is Look.TAKEN
    assert project.standing().version == mine, "they have gone: deadlines must not stand still"


def test_doctor_says_by_which_rules_an_engine_works(project: Project) -> None:
    live = project.starts()
    project.rule.write_text(BROKEN)
    settled(live)
    project.rule.write_text(TIGHTER)
    examined = wiring.examine(project.config, NOW, {})
    found = {finding.message for finding in wiring.doctor(examined, live.project.clock, "en").look()}
    assert any("works by the rules from before" in message and "rules/late.yaml:4:49" in message for message in found)


def test_what_is_made_of_a_project_is_made_once_for_each(project: Project) -> None:
    live = project.starts()
    each = Each(live, lambda one: [one.rulebook.version])
    assert each() is each()
    first = each()
    project.rule.write_text(TIGHTER)
    settled(live)
    assert each() is not first


def test_a_watch_looks_in_the_background_says_when_there_is_news_and_ends(project: Project) -> None:
    live, news = project.starts(), Event()
    watch = Watch(live, news.set, every=0.02, settles=0.01)
    watch.start()
    project.rule.write_text(TIGHTER)
    assert news.wait(10)
    assert limit(live) == "5d"
    watch.stop()


def test_a_look_that_fails_is_not_the_last(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    live, again = project.starts(), Event()
    faults: list[Exception] = [KeyError("a fault of ours"), RulesMoved("the database is busy")]

    def look() -> Look:
        if faults:
            raise faults.pop()
        again.set()
        return Look.SAME

    live.look = look  # type: ignore[method-assign]
    watch = Watch(live, every=0.01)
    watch.start()
    assert again.wait(10)
    watch.stop()
    assert "the database is busy" in caplog.text
    assert "a fault of ours" in caplog.text


def _states(project: Project) -> dict[str, object]:

    with project.opened[0].db.read() as conn:
        return dict(rule_states.read(conn))
