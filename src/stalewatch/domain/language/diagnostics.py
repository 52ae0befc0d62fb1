"""What is wrong with a file: code, place, sentence and cure, in every language we speak."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stalewatch.domain.language import nodes
from stalewatch.domain.language.cures import CURES
from stalewatch.domain.language.messages import PROBLEMS, Severity
from stalewatch.domain.language.model import Words
from stalewatch.domain.language.nearest import Near, nearest
from stalewatch.domain.language.project_messages import PROJECT_CURES, PROJECT_PROBLEMS

LANGUAGES = ("en", "ja")
_PROBLEMS = PROBLEMS | PROJECT_PROBLEMS
_CURES = CURES | PROJECT_CURES
_MOST_SUGGESTIONS = 500
"""Names beyond these get no "did you mean": a file with thousands of wrong names must not cost minutes."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. Line and column count from 1; `width` is in characters (shown, they may be wider)."""

    code: str
    severity: Severity
    file: str
    line: int
    column: int
    width: int
    message: Words
    cure: Words = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


Filler = str | int | Words
"""What a sentence is filled with: the same for all readers, or a text per language."""


@dataclass(frozen=True, slots=True)
class Cure:
    """Which sentence of the table tells what to do, and what fills it."""

    name: str
    fillers: Mapping[str, Filler] = field(default_factory=dict)

    def words(self) -> Words:
        return _filled(_CURES[self.name], self.fillers)


def cure(sentence: str, /, **fillers: Filler) -> Cure:
    """A cure from the table `cures.CURES`."""
    return Cure(sentence, fillers)


@dataclass(slots=True)
class Findings:
    """Collects diagnostics while files are read; nothing stops at the first."""

    found: list[Diagnostic] = field(default_factory=list)
    _silenced: set[nodes.Span] = field(default_factory=set)
    _suggested: int = 0

    def silence(self, span: nodes.Span) -> None:
        """Say nothing more about this place: what is wrong there has been said."""
        self._silenced.add(span)

    def absorb(self, other: Findings) -> None:
        """Take over what another collector heard."""
        self.found += other.found
        self._silenced |= other._silenced

    def report(
        self, problem: str, at: nodes.Span | nodes.Node, remedy: Cure | None = None, /, **fillers: Filler
    ) -> None:
        """Add the problem of the table `messages.PROBLEMS` at a place."""
        span = at if isinstance(at, nodes.Span) else at.span
        if span in self._silenced:
            return
        wording = _PROBLEMS[problem]
        self.found.append(
            Diagnostic(
                wording.code,
                wording.severity,
                span.file,
                span.line,
                span.column,
                span.length,
                _filled({"en": wording.en, "ja": wording.ja}, fillers),
                remedy.words() if remedy else {},
            )
        )

    def unknown(
        self,
        problem: str,
        at: nodes.Scalar | nodes.Span,
        name: str,
        known: Iterable[str],
        otherwise: Cure | None = None,
        *,
        sentence: str = "did_you_mean",
        titles: Mapping[str, str] | None = None,
        **fillers: Filler,
    ) -> None:
        """Report a name that is not among `known`, with the nearest one as cure if there is one.

        A name that only differs by full-width characters is reported as just that (SW003). `sentence` is the
        cure that offers the nearest one. `titles` are other words for some of the names: people write `提案` for
        the stage `proposal`.
        """
        self._suggested += 1
        near = _nearest(name, known, titles or {}) if self._suggested <= _MOST_SUGGESTIONS else None
        if near is not None and near.only_full_width:
            self.report("full_width", at, cure("write", text=near.name), char=near.full_width)
            return
        remedy = cure(sentence, name=near.name) if near else otherwise
        self.report(problem, at, remedy, name=name, **fillers)

    @property
    def has_errors(self) -> bool:
        return any(diagnostic.is_error for diagnostic in self.found)

    def sorted(self, files: Iterable[str] = ()) -> tuple[Diagnostic, ...]:
        """All of them by place, files in the given order; the same finding at the same place only once."""
        order = {file: number for number, file in enumerate(files)}
        return tuple(
            sorted(
                {_identity(found): found for found in self.found}.values(),
                key=lambda found: (order.get(found.file, len(order)), found.file, found.line, found.column, found.code),
            )
        )


def _nearest(name: str, known: Iterable[str], titles: Mapping[str, str]) -> Near | None:
    near = nearest(name, known)
    if near is None and (titled := nearest(name, titles)):
        return Near(titles[titled.name])
    return near


def _identity(found: Diagnostic) -> tuple[str, str, int, int, str]:
    return found.code, found.file, found.line, found.column, found.message["en"]


def _filled(words: Words, fillers: Mapping[str, Filler]) -> Words:
    return {
        language: words[language].format_map(
            {name: filler[language] if isinstance(filler, Mapping) else filler for name, filler in fillers.items()}
        )
        for language in LANGUAGES
    }


@dataclass(frozen=True, slots=True)
class Counts:
    """What the closing line says. Scripts read it, so it is the same in every language."""

    files: int
    rules: int
    errors: int = 0
    warnings: int = 0

    def __str__(self) -> str:
        return f"{self.files} file(s), {self.rules} rules, {self.errors} error(s), {self.warnings} warning(s)"
