"""One mode in stalewatch.yaml is set; every other character stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.model import Mode
from stalewatch.domain.language.nodes import Mapping, Source, plain
from stalewatch.domain.language.reading import read
from stalewatch.domain.language.switching import ByHandError, switched

HEAD = "stalewatch: 1\nrules: [rules/]\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("modes: {default: live}  # all\n", "modes: {default: live, ghosted: live}  # all\n"),
        ("modes: {ghosted: shadow, b: off}\n", "modes: {ghosted: live, b: off}\n"),
        ('modes: {"ghosted": "shadow"}\n', 'modes: {"ghosted": live}\n'),
        ("modes: {\n  a: off,  # rest\n}\n", "modes: {\n  a: off, ghosted: live,  # rest\n}\n"),
        ("modes: {}\n", "modes: {ghosted: live}\n"),
        ("modes:\n  ghosted: shadow   # new\n  a: off\n", "modes:\n  ghosted: live   # new\n  a: off\n"),
        ("modes:\n    a: off  # rest\nquiet: off\n", "modes:\n    a: off  # rest\n    ghosted: live\nquiet: off\n"),
        ("modes:\n  a: off", "modes:\n  a: off\n  ghosted: live\n"),
        ("modes:  # none yet\nquiet: off\n", "modes:  # none yet\n  ghosted: live\nquiet: off\n"),
        ("modes: ~\n", "modes: {ghosted: live}\n"),
        ("quiet: off\n", "modes:\n  ghosted: live\nquiet: off\n"),
        (
            "defaults:\n  mode: shadow\n  # of defaults\n\n# of quiet\nquiet: off\n",
            "defaults:\n  mode: shadow\n  # of defaults\nmodes:\n  ghosted: live\n\n# of quiet\nquiet: off\n",
        ),
        ("", "modes:\n  ghosted: live\n"),
    ],
)
@pytest.mark.parametrize("breaks", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_mode_is_written_where_it_belongs(before: str, after: str, breaks: str, mark: str) -> None:
    text = mark + (HEAD + before).replace("\n", breaks)
    assert switched(text, "ghosted", Mode.LIVE) == mark + (HEAD + after).replace("\n", breaks)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEAD + "modes:\n  ghosted: ${MODE}\n", 4),
        (HEAD + "modes: ${MODES}\n", 3),
        ("{stalewatch: 1, rules: [rules/]}\n", 1),
    ],
)
def test_what_a_program_cannot_write_is_left_to_a_person(text: str, line: int) -> None:
    with pytest.raises(ByHandError) as told:
        switched(text, "ghosted", Mode.LIVE)
    assert told.value.line == line


names = st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True).filter(lambda name: name not in ("null", "true", "false"))
modes = st.sampled_from(list(Mode))
comments = st.sampled_from(["", "  # why", "\n# a line"])


@given(st.dictionaries(names, modes, max_size=4), names, modes, st.booleans(), comments, comments)
def test_it_says_what_was_asked_and_nothing_else_has_changed(
    known: dict[str, Mode], name: str, mode: Mode, in_braces: bool, before: str, after: str
) -> None:
    inner = ", ".join(f"{key}: {value.value}" for key, value in known.items())
    lines = "".join(f"\n  {key}: {value.value}" for key, value in known.items())
    written = f" {{{inner}}}" if in_braces else lines
    text = f"{HEAD}defaults: {{mode: shadow}}{before}\nmodes:{written}{after}\nquiet: off\n"
    read_again = read(Source("", switched(text, name, mode)), Findings()).root
    assert isinstance(read_again, Mapping)
    said = plain(read_again)
    assert said == {
        "stalewatch": 1, "rules": ["rules/"], "defaults": {"mode": "shadow"}, "quiet": "off",
        "modes": {**{key: value.value for key, value in known.items()}, name: mode.value},
    }  # fmt: skip
