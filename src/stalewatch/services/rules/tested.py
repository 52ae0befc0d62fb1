"""Which rules some test expects something of, as the test files of a project and of the packs stand now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from stalewatch import shipped
from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.model import Rule
from stalewatch.domain.language.nodes import Mapping, Scalar
from stalewatch.domain.language.shapes import items_of
from stalewatch.domain.language.trials import read_trial_file
from stalewatch.services.rules.reading import read_source, trial_files
from stalewatch.services.rules.rulefiles import packs


def tested(rules: Iterable[Rule], paths: Sequence[Path]) -> frozenset[str]:
    """Ids of the rules of which a test in these places expects something; of a pack of ours also its own tests count.

    Whether the tests pass is `rules test`'s business. A file is read again only when it has changed.
    """
    mine, ours, packs_of_ours = _in(paths), _in([shipped.rules()]), packs().keys()
    return frozenset(rule.id for rule in rules if rule.id in mine or (rule.pack in packs_of_ours and rule.id in ours))


def _in(paths: Sequence[Path]) -> set[str]:
    found: set[str] = set()
    for path in trial_files(paths):
        try:
            state = path.stat()
        except OSError:  # it went away while we were looking
            continue
        found |= _expected(path, state.st_mtime_ns, state.st_size)
    return found


@lru_cache(maxsize=500)
def _expected(path: Path, _changed_at: int, _size: int) -> frozenset[str]:
    unheard = Findings()
    source = read_source(path, unheard)
    return frozenset() if source is None else frozenset(_named(read_trial_file(source, unheard).tests, unheard))


def _named(tests: Sequence[Mapping], unheard: Findings) -> Iterator[str]:
    for test in tests:
        for expected in items_of("expect", test.get("expect"), unheard):
            rule = expected.get("rule") if isinstance(expected, Mapping) else None
            if isinstance(rule, Scalar):
                yield rule.text
