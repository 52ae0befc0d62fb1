"""Rule files to a checked `RuleSet`, or to every error in them at once."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Dict
from collections.abc import Sequence as Files
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from stalewatch.domain.language.diagnostics import Counts, Diagnostic, Findings, cure
from stalewatch.domain.language.drafts import Draft, Drafts, drafted
from stalewatch.domain.language.exceptions import parse_exception
from stalewatch.domain.language.model import Catalogue, Rule, RuleException, RuleSet
from stalewatch.domain.language.mutes import check_mutes
from stalewatch.domain.language.nodes import Scalar, Source
from stalewatch.domain.language.rendering import render
from stalewatch.domain.language.rules import parse_rule
from stalewatch.domain.language.setting import Options, Setting

_NOTHING: Final[Dict[str, Source]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a check.

    Attributes:
        ruleset: the rules; None if there is an error anywhere.
        draft: what could be understood all the same, to look for further errors with; never to judge by.
        diagnostics: errors and warnings, sorted by place, files in the order given.
        sources: the files given and those they include.
    """

    ruleset: RuleSet | None
    draft: RuleSet
    diagnostics: tuple[Diagnostic, ...]
    counts: Counts
    sources: tuple[Source, ...]

    def render(self, language: str) -> str:
        """What `rules check` prints."""
        return render(self.diagnostics, self.sources, language, self.counts)


def load_rules(
    files: Files[Source],
    catalogue: Catalogue,
    *,
    available: Dict[str, Source] = _NOTHING,
    options: Options | None = None,
) -> Loaded:
    """Check rule files together.

    Args:
        files: the files, in the order in which their rules are listed.
        available: packs by name that `include` and `use` may bring in besides the files.
        options: what to check beyond the files; see `Options`.
    """
    findings = Findings()
    drafts = drafted(files, catalogue, available, options or Options(), findings)
    setting = drafts.setting
    rules = _rules(drafts.rules, setting)
    exceptions = _exceptions(drafts)
    check_mutes([one.node for one in drafts.rules if one.node], drafts.lost, findings)
    whole = RuleSet(
        catalogue,
        rules,
        setting.bands,
        setting.scores,
        exceptions,
        {pack.name: pack.title for pack in drafts.shelf.loaded},
    )
    return _outcome(whole, drafts, findings)


def _outcome(whole: RuleSet, drafts: Drafts, findings: Findings) -> Loaded:
    shelf = drafts.shelf
    sources = tuple(pack.source for pack in (*shelf.loaded, *shelf.only_used))
    diagnostics = findings.sorted(source.path for source in sources)
    errors = sum(found.is_error for found in diagnostics)
    rules = len(drafts.rules) + len(drafts.lost)
    counts = Counts(len(shelf.loaded), rules, errors, len(diagnostics) - errors)
    return Loaded(None if errors else whole, whole, diagnostics, counts, sources)


def _rules(drafts: Iterable[Draft], setting: Setting) -> tuple[Rule, ...]:
    _check_ids(drafts, setting.findings)
    found = [parse_rule(draft.node, draft.pack, setting) for draft in drafts if draft.node]
    return tuple(rule for rule in found if rule is not None)


def _check_ids(drafts: Iterable[Draft], findings: Findings) -> None:
    """Report every id that is taken (SW107)."""
    seen: dict[str, Scalar] = {}
    for draft in drafts:
        node = draft.written.get("id")
        if isinstance(node, Scalar):
            first = seen.setdefault(node.text, node)
            if first is not node:
                place = f"{first.span.file}:{first.span.line}"
                findings.report("duplicate_rule", node, cure("keep_one_at", place=place), id=node.text)


def _exceptions(drafts: Drafts) -> tuple[RuleException, ...]:
    watched, lost = drafts.watched, drafts.lost
    nodes = (node for pack in drafts.shelf.loaded for node in pack.exceptions)
    found = [parse_exception(node, watched, lost, drafts.setting) for node in nodes]
    return tuple(exception for exception in found if exception is not None)
