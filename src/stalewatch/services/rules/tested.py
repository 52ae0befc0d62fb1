"""Which rules some test expects something of, as the test files of a project and of the packs stand now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from stalewatch import shipped
from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.nodes import Mapping, Scalar
from stalewatch.domain.language.shapes import items_of
from stalewatch.domain.language.trials import read_trial_file
from stalewatch.services.rules.reading import read_source, trial_files


def tested(paths: Sequence[Path]) -> frozenset[str]:
    """Ids of the rules that the tests in these places name, and those that come with the packs.

    Whether the tests pass is `rules test`'s business. A file is read again only when it has changed.
    """
    found: set[str] = set()
    for path in trial_files([*paths, shipped.rules()]):
        try:
            state = path.stat()
        except OSError:  # it went away while we were looking
            continue
        found |= _expected(path, state.st_mtime_ns, state.st_size)
    return frozenset(found)


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
