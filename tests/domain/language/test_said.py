"""What is said of one wrong value, part by part of a rule: where it stands, what is wrong, and what to write.

`test_codes.py` has a file for every code; here are the many ways to go wrong that share them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from stalewatch.domain.language.loading import Loaded

_CONDITION = "this is not a condition | write `field: value`, for example `{stage: proposal}`"
_WORDS = "and, or, not, comparisons, in, is empty, is set, + - * /"
_CONSTANTS = "this compares no field | name a field of the record"
_DURATION = "is not a duration | write 14d, 10bd, 24h, 4bh, 30m or 2w"
_STARTS = "meeting, proposal_sent, stage_regressed, amount_decreased, close_date_pushed, lead_handed_off"
_PAUSE = "write `{until: hold_until, from: hold_set_at, max: 60d}`"

SAID = """
where: {}
  8 SW103 {condition}
where: {stage: {}}
  16 SW103 `stage` is compared with nothing | write `empty` or `set`
where: {stage: {not: [[proposal]]}}
  23 SW103 {condition}
where: {name: {contains: }}
  26 SW103 `name` is compared with nothing | quote it: "..."
where: {name: {contains: [a]}}
  26 SW103 `name` is compared with nothing | quote it: "..."
where: {all: []}
  14 SW103 {condition}
where: {any: [proposal]}
  15 SW103 {condition}
where: {none: [{stage: propsal}]}
  24 SW105 `propsal` is not a value of stage | did you mean `proposal`?
where: {filled: []}
  17 SW103 {condition}
where: {filled: [[need]]}
  18 SW103 {condition}
where: {filled: [needs]}
  18 SW104 deal has no field `needs` | did you mean `need`?
where: {name: 2026-01-01}
  15 SW125 cannot compare name (text) with date 2026-01-01 | quote it: "2026-01-01"
where: {name: 3}
  15 SW125 cannot compare name (text) with number 3 | quote it: "3"
where: {name: true}
  15 SW125 cannot compare name (text) with yes/no true | quote it: "true"
where: {is_open: maybe}
  18 SW126 `maybe` is text here, not a yes/no | write true or false
where: {created_at: {before: 2026-01-01T09:00:00}}
  sound
where: {created_at: {before: yesterday}}
  30 SW125 cannot compare created_at (date and time) with text 'yesterday' | write a date: 2026-03-31
where: {amount: {at_least: many}}
  28 SW125 cannot compare amount (money) with text 'many' | write a number

where: {expr: }
  15 SW103 this is not a condition | {words}
where: {expr: [a]}
  15 SW103 this is not a condition | {words}
where: {expr: "is_open is maybe"}
  27 SW120 `maybe` does not fit here | {words}
where: {expr: "amount not 3"}
  27 SW120 `3` does not fit here | {words}
where: {expr: "amount empty"}
  23 SW120 `empty` does not fit here | write `is empty`
where: {expr: "amuont is empty"}
  16 SW104 deal has no field `amuont` | did you mean `amount`?
where: {expr: "amuont in [3]"}
  16 SW104 deal has no field `amuont` | did you mean `amount`?
where: {expr: "amuont + 1 > 3"}
  16 SW104 deal has no field `amuont` | did you mean `amount`?
where: {expr: "amuont"}
  16 SW104 deal has no field `amuont` | did you mean `amount`?
where: {expr: "(amount + 1) is empty"}
  17 SW120 {constants}
where: {expr: "amount + 1 in [3]"}
  16 SW120 {constants}
where: {expr: "true"}
  16 SW120 {constants}
where: {expr: "(amount > 3) + 1 > 2"}
  16 SW120 `(` does not fit here | {words}
where: {expr: "amount in [stage]"}
  27 SW120 `stage` does not fit here | {words}
where: {expr: "amount > 6 / 0"}
  29 SW120 `/ 0` does not fit here |
where: {expr: "amount > -6 / 2 and not not is_open"}
  sound
where: {expr: "now() > created_at"}
  16 SW131 a rule cannot read the clock (`now`) | time enters only as start + within: start the clock at a field
where: {expr: "amount + 1 > created_at"}
  29 SW125 cannot compare money with created_at (date and time) | name a number such as amount
where: {expr: "created_at > name"}
  29 SW125 cannot compare created_at (date and time) with name (text) | name a date or a time, such as created_at

within: []
  9 SW110 `[…]` {duration}
within: 99999999d
  9 SW110 `99999999d` {duration}
within: 1.5d
  9 SW110 `1.5d` is not a duration | whole numbers only; take a smaller unit, such as 36h
within: 3ヶ月
  9 SW110 `3ヶ月` is not a duration | months differ in length: write days or weeks, such as 90d
within: [5bd]
  10 SW125 `within` needs keys with values | a row is `{stage: proposal, is: 15bd}`
within: [{stage: proposal, is: soon}]
  32 SW110 `soon` {duration}
within: [{stage: propsal, is: 10bd}]
  18 SW105 `propsal` is not a value of stage | did you mean `proposal`?
within: {by: stage}
  9 SW102 a row of `within` has no `else:` | add `else:`
within: {by: [stage], else: 3bd}
  14 SW116 a table of limits needs `by:` | for example `by: stage`
within: {by: amount, 3: 3bd, else: 4bd}
  14 SW125 `by` needs a choice; amount is money | name a choice such as stage, or a band
within: {by: stge, proposal: 3bd, else: 4bd}
  14 SW104 deal has no field `stge` | did you mean `stage`?
within: {by: stage, propsal: 3bd, else: 4bd}
  21 SW105 `propsal` is not a value of stage | did you mean `proposal`?
within: {by: stage, proposal: soon, else: later}
  31 SW110 `soon` {duration}
  43 SW110 `later` {duration}

start: amount
  8 SW113 a clock must start at a date or time; amount is money | did you mean `since:`? it starts the clock when \
a condition becomes true
start: {latest_of: []}
  20 SW114 this does not start a clock | a field, latest_of, earliest_of, first_of, since or each
start: {since: {stage: propsal}}
  24 SW105 `propsal` is not a value of stage | did you mean `proposal`?
start: {each: }
  15 SW114 this does not start a clock | one of: {starts}

pause: on_hold
  8 SW125 `pause` needs keys with values | {pause}
pause: {max: 3d}
  8 SW102 a pause has no `until:` | `until` with `from`, or `while`
pause: {from: hold_set_at, max: 3d}
  8 SW102 a pause has no `until:` | add `until:`
pause: {while: on_hold, max: 3d}
  16 SW103 {condition}
pause: {from: amount, until: hold_until, max: 60d}
  15 SW113 a pause needs dates or times; amount is money | {pause}
pause: {from: hold_set_at, until: [close_date], max: 60d}
  35 SW125 `until` needs a name | write one name
pause: {while: {on_hold: true}, max: soon}
  38 SW110 `soon` {duration}
warn: soon
  7 SW110 `soon` {duration}
mutes: [[a]]
  9 SW125 `mutes` needs names | write a list: `[a, b]`
message: [a]
  10 SW125 `message` needs a text | write one text

bands: [a]
  8 SW125 `bands` needs keys with values | write `key: value`
bands: {b: [a]}
  12 SW125 `b` needs keys with values | write `key: value`
bands: {b: }
  9 SW102 band `b` has no `of:` | add `of:`
  9 SW102 band `b` has no `rows:` | add `rows:`
bands: {b c: {of: amount, rows: [{name: low}]}}
  9 SW125 `b c` cannot be a name | use letters, digits, `-` and `_`, at most 64
bands: {b: {of: [amount], rows: [{name: low}]}}
  17 SW125 `of` needs a name | write one name
bands: {b: {of: name, rows: [{name: low}]}}
  17 SW125 `of` needs a number; name is text | name a number such as amount
bands: {b: {of: amount, rows: [low]}}
  32 SW125 `rows` needs keys with values | write `{name: low}`
bands: {b: {of: amount, rows: [[low]]}}
  32 SW125 `rows` needs keys with values | write `{name: …}`
bands: {b: {of: amount, rows: [{below: 3}]}}
  32 SW102 a row of a band has no `name:` | add `name:`
bands: {b: {of: amount, rows: [{name: low, below: many}]}}
  51 SW125 `below` needs a number | write a number
bands: {b: {of: amount, rows: [{name: low, below: 3}, {name: mid, below: 2}, {name: high}]}}
  55 SW117 this row is never used; line 9 comes first | remove it, or move it up
bands: {b: {of: amount, rows: [{name: low, below: 3}, {name: low, below: 5}, {name: high}]}}
  62 SW107 row `low` is here twice | choose another name
scores: {s: [a]}
  13 SW125 `s` needs keys with values | write `key: value`
scores: {s: {watch: deel, items: {n: {filled: need}}}}
  21 SW108 `deel` cannot be watched | did you mean `deal`?
scores: {s t: {watch: deal, items: {n: {filled: need}}}}
  10 SW125 `s t` cannot be a name | use letters, digits, `-` and `_`, at most 64
scores: {s: {watch: deal, items: {n: {filled: needs}}}}
  47 SW104 deal has no field `needs` | did you mean `need`?

exceptions: {a: b}
  13 SW125 `exceptions` needs a list | write a list: `[a, b]`
exceptions: [a]
  14 SW125 `exceptions` needs keys with values | write `key: value`
exceptions: [{rules: [a], until: soon}]
  34 SW125 `until` needs a date | write a date: 2026-03-31
exceptions: [{until: 2026-12-31}]
  14 SW102 an exception has no `rules:` | add `rules:`
exceptions: [{rules: [a], where: {stage: propsal}, until: 2026-12-31}]
  42 SW105 `propsal` is not a value of stage | did you mean `proposal`?
"""

_SOUND = {"id": "a", "title": "{en: A, ja: あ}", "watch": "deal", "start": "created_at", "within": "10bd"}
_OF_FILES = ("bands", "scores", "exceptions")


def _paragraphs() -> Iterator[list[tuple[str, list[str]]]]:
    """Each paragraph of the table: what is written, and the lines that must be said of it."""
    text = SAID
    for name, words in (("condition", _CONDITION), ("words", _WORDS), ("constants", _CONSTANTS),
                        ("duration", _DURATION), ("starts", _STARTS), ("pause", _PAUSE)):  # fmt: skip
        text = text.replace(f"{{{name}}}", words)
    for paragraph in text.strip().split("\n\n"):
        cases: list[tuple[str, list[str]]] = []
        for line in paragraph.splitlines():
            if line.startswith("  "):
                cases[-1][1].append(line.strip())
            else:
                cases.append((line, []))
        yield cases


def _file(written: str) -> str:
    """A sound rule file with this one line in its place: in the rule, or behind the rules."""
    key, _, value = written.partition(": ")
    if key in _OF_FILES:
        return _file("owner: sato") + f"{written}\n"
    parts = "\n    ".join(f"{name}: {part}" for name, part in {**_SOUND, key: value}.items())
    return f"stalewatch: 1\nrules:\n  - {parts}\n"


def _said(loaded: Loaded, written: str) -> list[str]:
    """`column code message | cure` of each finding; columns count from the first letter of what is written."""
    indent = 0 if written.startswith(_OF_FILES) else 4
    lines = [
        f"{found.column - indent} {found.code} {found.message['en']} | {found.cure.get('en', '')}".rstrip()
        for found in loaded.diagnostics
    ]
    return lines or ["sound"]


@pytest.mark.parametrize("cases", list(_paragraphs()), ids=lambda cases: str(cases[-1][0]).partition(":")[0])
def test_it_says_where_what_and_how(check: Callable[..., Loaded], cases: list[tuple[str, list[str]]]) -> None:
    assert [(written, _said(check(_file(written)), written)) for written, _ in cases] == cases
