"""Rule files, the field catalogue and the calendars of a project to a `Rulebook`, or to every error in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from stalewatch import shipped
from stalewatch.domain.calendar import Calendar, CalendarError
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.language import loading
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.conditions import parse_condition
from stalewatch.domain.language.diagnostics import Counts, Diagnostic, Findings
from stalewatch.domain.language.drafts import Drafts, drafted
from stalewatch.domain.language.model import Catalogue, Condition, RuleSet
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.language.refs import fields
from stalewatch.domain.language.rendering import render
from stalewatch.domain.language.scope import calendar_scope, route_scope
from stalewatch.domain.language.setting import Options
from stalewatch.services.rules.choices import NO_LISTS, Lists, with_lists
from stalewatch.services.rules.mappings import check_maps
from stalewatch.services.rules.reading import is_catalogue, read_source, rule_files
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.settings import CalendarSpecs, Settings

BUILT_IN: Final = "fields.yaml"
BUILT_IN_MARK: Final = " (built in)"


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check: the rules (None if there is an error anywhere), what was found, and in which texts.

    Attributes:
        written: those of the texts that are rule files, and the packs that they bring in.
    """

    ruleset: RuleSet | None
    diagnostics: tuple[Diagnostic, ...]
    sources: tuple[Source, ...]
    counts: Counts
    calendars: Calendars | None = None
    written: tuple[Source, ...] = ()

    @property
    def has_errors(self) -> bool:
        return any(found.is_error for found in self.diagnostics)

    @property
    def has_warnings(self) -> bool:
        return any(not found.is_error for found in self.diagnostics)

    def render(self, language: str) -> str:
        """What `rules check` prints."""
        return render(self.diagnostics, self.sources, language, self.counts)


def check_files(files: Sequence[Path], settings: Settings | None, today: date, lists: Lists = NO_LISTS) -> Checked:
    """Check rule files by themselves, with the project's catalogue, ladders and calendars where there is a project.

    Args:
        lists: what the CRM's own lists of values have.
    """
    findings = Findings()
    return _check(_sources(_rules_in(files), findings), settings, today, findings, lists)


def taken_apart(files: Sequence[Path], settings: Settings | None, today: date) -> Drafts | None:
    """Rule files before their rules are read, as `check_files` reads them; None without a sound catalogue."""
    unheard = Findings()
    catalogue = load_catalogue(catalogue_sources(settings, unheard)).catalogue
    if catalogue is None:
        return None
    options = _options(settings, _Calendars(settings, catalogue, unheard), today)
    return drafted(_sources(_rules_in(files), unheard), catalogue, packs(), options, unheard)


def check_project(
    settings: Settings, today: date, found: Sequence[Diagnostic] = (), lists: Lists = NO_LISTS
) -> Checked:
    """Check everything a project judges by; what stalewatch.yaml says of fields and rules is checked with it.

    Args:
        found: what reading stalewatch.yaml has found; it becomes part of the answer.
        lists: what the CRM's own lists of values have.
    """
    findings = Findings(list(found))
    return _check(_sources(_rules_in(settings.rules), findings), settings, today, findings, lists, whole=True)


def check_texts(
    files: Sequence[Source], settings: Settings, catalogue: Catalogue, today: date, lists: Lists = NO_LISTS, *,
    whole: bool = False,
) -> Checked:  # fmt: skip
    """Check rule files that are no files: what somebody sent, by the fields that are in force. No disk is looked at
    but for the packs that travel with the program.

    Args:
        whole: they are all the rules that the project would have: routes and modes are checked against them, too.
    """
    return _judged(files, settings, catalogue, today, Findings(), lists, whole=whole)


def rulebook(checked: Checked, settings: Settings) -> Rulebook | None:
    """The rules in force; None if the check found an error."""
    if checked.ruleset is None or checked.calendars is None:
        return None
    texts = [source.text for source in checked.sources if source is not settings.source]
    described = _described(checked.calendars)
    return Rulebook(checked.ruleset, checked.calendars, settings.judging, (*texts, described), checked.written)


def choosing_fields(settings: Settings | None, rules: RuleSet) -> frozenset[str]:
    """The fields by which `calendars.choose` chooses."""
    specs = settings.calendars if settings else CalendarSpecs()
    scope, unheard = calendar_scope(rules.catalogue), Findings()
    written = (choice.condition for choice in specs.choose if choice.condition is not None)
    conditions = [parse_condition(node, scope, unheard, besides=("use",)) for node in written]
    return frozenset(name for condition in conditions if condition for name in fields(condition, rules))


def packs() -> Mapping[str, Source]:
    """The packs that travel with the program, by name: what `include` and `use` may bring in."""
    files = sorted(shipped.rules().glob("*.yaml"))
    sources = (
        Source(f"{path.name}{BUILT_IN_MARK}", path.read_text("utf-8")) for path in files if path.name != BUILT_IN
    )
    return {source.path.partition(".")[0]: source for source in sources}


def catalogue_sources(settings: Settings | None, findings: Findings) -> list[Source]:
    """The built-in catalogue and what the project adds to it."""
    added = list(settings.catalogue) if settings else []
    if settings:
        known = {path.resolve() for path in added}
        files = [path for path in rule_files(settings.rules) if path.resolve() not in known]
        added += [path for path in files if is_catalogue(path)]
    return [_built_in(), *_sources(added, findings)]


def _built_in() -> Source:
    return Source(f"{BUILT_IN}{BUILT_IN_MARK}", (shipped.rules() / BUILT_IN).read_text("utf-8"))


def _built_in_catalogue() -> Catalogue:
    """The catalogue as it travels with the program; what the project adds has been read with it by now."""
    return load_catalogue([_built_in()]).catalogue or Catalogue({}, ())


def _rules_in(paths: Sequence[Path]) -> list[Path]:
    return [path for path in rule_files(paths) if not is_catalogue(path)]


def _sources(files: Iterable[Path], findings: Findings) -> list[Source]:
    found = [read_source(path, findings) for path in files if path.exists()]  # stalewatch.yaml was told of the others
    return [source for source in found if source is not None]


def _check(
    files: Sequence[Source], settings: Settings | None, today: date, findings: Findings, lists: Lists, *,
    whole: bool = False,
) -> Checked:  # fmt: skip
    catalogue = load_catalogue(catalogue_sources(settings, findings))
    findings.found += catalogue.diagnostics
    if catalogue.catalogue is None:
        return _outcome(None, None, findings, (*_own(settings), *catalogue.sources), (len(files), 0))
    if settings is not None and whole:
        check_maps(settings, catalogue.catalogue, _built_in_catalogue(), findings)
    found = _judged(files, settings, catalogue.catalogue, today, findings, lists, whole=whole)
    sources = (*_own(settings), *catalogue.sources, *found.written)
    files_read = sum(not source.path.endswith(BUILT_IN_MARK) for source in sources) if whole else found.counts.files
    counted = (files_read, found.counts.rules)
    return _outcome(found.ruleset, found.calendars, findings, sources, counted, found.written)


def _judged(
    files: Sequence[Source], settings: Settings | None, known: Catalogue, today: date, findings: Findings,
    lists: Lists, *, whole: bool,
) -> Checked:  # fmt: skip
    """The check itself, by a catalogue that is known."""
    catalogue = with_lists(known, lists)
    calendars = _Calendars(settings, catalogue, findings)
    loaded = loading.load_rules(files, catalogue, available=packs(), options=_options(settings, calendars, today))
    findings.found += loaded.diagnostics
    if settings is not None and whole:
        _check_routes(settings, loaded.draft, findings)
        if loaded.ruleset is not None:
            _check_modes(settings, loaded.ruleset, findings)
    chosen = calendars.build() if whole else None
    counted = (loaded.counts.files, loaded.counts.rules)
    return _outcome(loaded.ruleset, chosen, findings, loaded.sources, counted, loaded.sources)


def _options(settings: Settings | None, calendars: _Calendars, today: date) -> Options:
    ladders = settings.escalations.keys() if settings and settings.escalations is not None else None
    return Options(open_minutes=calendars.open_minutes, today=today, escalations=ladders)


def _outcome(
    ruleset: RuleSet | None,
    calendars: Calendars | None,
    findings: Findings,
    sources: Sequence[Source],
    counted: tuple[int, int],
    written: Sequence[Source] = (),
) -> Checked:
    found = findings.sorted(source.path for source in sources)
    errors = sum(one.is_error for one in found)
    counts = Counts(*counted, errors, len(found) - errors)
    return Checked(None if errors else ruleset, found, tuple(sources), counts, calendars, tuple(written))


def _own(settings: Settings | None) -> tuple[Source, ...]:
    return (settings.source,) if settings else ()


def _check_routes(settings: Settings, rules: RuleSet, findings: Findings) -> None:
    """Fields and values that routes name."""
    scope = route_scope(rules.catalogue, rules.bands.values(), rules.scores.values())
    for node in settings.route_conditions:
        parse_condition(node, scope, findings)


def _check_modes(settings: Settings, rules: RuleSet, findings: Findings) -> None:
    """Rules and packs that `modes:` names; a name that is none is a warning, for its pack may be loaded elsewhere."""
    names = ["default", *rules.packs, *(rule.id for rule in rules.rules)]
    for entry in settings.modes_at or ():
        if entry.name not in names:
            findings.unknown("unknown_mode_of", entry.key, entry.name, names)


@dataclass(frozen=True, slots=True)
class _Calendars:
    """The calendars of a project, or the one that projects without any have."""

    settings: Settings | None
    catalogue: Catalogue
    findings: Findings

    @property
    def specs(self) -> CalendarSpecs:
        return self.settings.calendars if self.settings else CalendarSpecs()

    @property
    def open_minutes(self) -> int:
        default = self.specs.specs[self.specs.choose[-1].calendar]
        return default.closes - default.opens

    def build(self) -> Calendars | None:
        """The tables, and which record follows which; None, and a finding, if a calendar cannot be."""
        scope = calendar_scope(self.catalogue)
        rows: list[tuple[Condition | None, Calendar]] = []
        built: dict[str, Calendar | None] = {name: self._built(name) for name in self.specs.specs}
        for choice in self.specs.choose:
            node = choice.condition
            condition = None if node is None else parse_condition(node, scope, self.findings, besides=("use",))
            calendar = built[choice.calendar]
            if calendar is not None:
                rows.append((condition, calendar))
        return Calendars(tuple(rows)) if rows else None

    def _built(self, name: str) -> Calendar | None:
        try:
            return Calendar(self.specs.specs[name])
        except CalendarError:
            where = self.specs.places.get(name, Source("", "").whole)
            self.findings.report("no_workday", where, name=name)
            return None


def _described(calendars: Calendars) -> str:
    """A text that changes whenever a calendar, or the choice among them, does."""
    return "\n".join(
        f"{condition!r} {replace(calendar.spec, days=frozenset())!r} {sorted(calendar.spec.days)}"
        for condition, calendar in calendars.rows
    )
