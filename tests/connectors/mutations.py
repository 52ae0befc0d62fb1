"""Answers of a server, mutated on their way: by chance, from a seed, and as text, so that broken JSON comes up too."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.faults import Fault

HOSTILE: Final = (
    "null", "true", "0", "-1", "1e999", "NaN", "Infinity", "-Infinity", "9007199254740993", "1" + "0" * 40, "-0.0",
    '""', '" "', '"\\ud800"', '"\\udc00\\ud83d"', '"\\u0000"', '"\\u202e"', '"NaN"', '"1,234"', '"-1"', '"null"',
    '"9999-12-31T23:59:59.999Z"', '"0001-01-01T00:00:00.000+0000"', '"9999-12-31T23:59:59-14:00"', '"0001-01-01"',
    '"2026-02-30"', '"253402300800000"', '"-62135596800001"', '"99999999999999999999"', '"1e400"', "[]", "{}", "[null]",
    '{"a":{"b":[1,2,{}]}}', "[" * 3_000 + "]" * 3_000, '{"x":' * 3_000 + "1" + "}" * 3_000, '"<!channel>"',
    '"\U0001f41f\U0001f41f"', f'"{"x" * 1_000_000}"',
)  # fmt: skip
"""Values as they stand in a text that calls itself JSON."""
_VALUE: Final = re.compile(r'(?<=[:\[,])\s*("(?:[^"\\]|\\.)*"(?!\s*:)|-?\d+(?:\.\d+)?|true|false|null)')
_KEY: Final = re.compile(r'"(\w+)"\s*:')
_PAGE: Final = b"<html><body>We are setting things up. <b>Please wait.</b></body></html>"

Way = Callable[[random.Random, Response], Response]


def _text(response: Response) -> str:
    return response.body.decode("utf-8", "replace")


def _somewhere(dice: random.Random, pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return pattern.search(text, dice.randrange(len(text) + 1)) or pattern.search(text)


def _with(response: Response, text: str) -> Response:
    return replace(response, body=text.encode("utf-8", "replace"))


def another_value(dice: random.Random, response: Response) -> Response:
    """One to three values are others."""
    text = _text(response)
    for _ in range(dice.randint(1, 3)):
        if (found := _somewhere(dice, _VALUE, text)) is not None:
            text = text[: found.start(1)] + dice.choice(HOSTILE) + text[found.end(1) :]
    return _with(response, text)


def another_key(dice: random.Random, response: Response) -> Response:
    """A key is missing, and one stands there that nobody knows."""
    text = _text(response)
    found = _somewhere(dice, _KEY, text)
    return response if found is None else _with(response, f'{text[: found.start()]}"unheard":{text[found.end() :]}')


def a_key_twice(dice: random.Random, response: Response) -> Response:
    """A key comes twice, with another value first."""
    text = _text(response)
    found = _somewhere(dice, _KEY, text)
    if found is None:
        return response
    return _with(response, f"{text[: found.start()]}{found[0]}{dice.choice(HOSTILE)},{text[found.start() :]}")


def nothing(_: random.Random, response: Response) -> Response:
    """200 without a body."""
    return replace(response, body=b"")


def something_else(dice: random.Random, response: Response) -> Response:
    """JSON of another shape."""
    text = _text(response)
    return _with(response, dice.choice(("null", "[]", "{}", "[{}]", '"ok"', "0", f"[{text}]", f'{{"data":{text}}}')))


def half(dice: random.Random, response: Response) -> Response:
    """JSON that ends somewhere."""
    return replace(response, body=response.body[: dice.randrange(len(response.body) + 1)])


def twice(_: random.Random, response: Response) -> Response:
    """The same document twice in one answer."""
    return replace(response, body=response.body * 2)


def a_page(_: random.Random, response: Response) -> Response:
    """A page for people, with 200, which may even call itself JSON."""
    return replace(response, body=_PAGE)


def an_honest_page(_: random.Random, response: Response) -> Response:
    """The same, and it says so."""
    return replace(response, body=_PAGE, headers={**response.headers, "Content-Type": "text/html"})


def noise(dice: random.Random, response: Response) -> Response:
    """Bytes that are no text."""
    at = dice.randrange(len(response.body) + 1)
    return replace(response, body=response.body[:at] + dice.randbytes(9) + response.body[at:])


def not_packed(_: random.Random, response: Response) -> Response:
    """It calls itself compressed and is not."""
    return replace(response, headers={**response.headers, "Content-Encoding": "gzip"})


def another_charset(dice: random.Random, response: Response) -> Response:
    """Text in one encoding that says it is in another."""
    charset = dice.choice(("ISO-8859-1", "Shift_JIS", "utf-16", "nonsense"))
    return replace(response, headers={**response.headers, "Content-Type": f"application/json;charset={charset}"})


BREAKING: Final[tuple[Way, ...]] = (nothing, something_else, half, a_page, an_honest_page, twice, not_packed)
"""After these an answer is none, and nothing of it may be believed."""
LYING: Final[tuple[Way, ...]] = (another_value, another_value, another_value, another_key, a_key_twice, noise,
                                 another_charset)  # fmt: skip
"""After these some of it may be a lie that nobody can see."""


@dataclass
class Mutation:
    """Mutates answers while it is armed.

    Attributes:
        share: of the answers that it mutates.
        done: how often, by way.
        tokens: every credential that went over the wire.
    """

    seed: int
    ways: tuple[Way, ...] = (*BREAKING, *LYING)
    share: float = 0.5
    done: Counter[str] = field(default_factory=Counter)
    tokens: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311  # chance, not secrecy

    def fault(self) -> Fault:
        """To be armed; answers to the parts of a composite are mutated with the whole."""
        return Fault(on=lambda request: request.inside is None, afterwards=self._strike)

    def _strike(self, request: Request, response: Response) -> Response:
        self.tokens.add((request.header("authorization") or "").partition(" ")[2])
        if self.dice.random() >= self.share or not response.body:
            return response
        way = self.dice.choice(self.ways)
        self.done[way.__name__] += 1
        return way(self.dice, response)


@dataclass
class OddRow:
    """Puts a hostile value, or none, into one cell of one row of each list that `rows` finds in an answer.

    Attributes:
        cells: the object within a row whose cells are meant.
        hit: ids of the rows that were touched.
    """

    seed: int
    rows: Callable[[Request, Any], list[list[dict[str, Any]]]]
    cells: Callable[[dict[str, Any]], dict[str, Any]]
    hit: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311  # chance, not secrecy

    def fault(self) -> Fault:
        """To be armed."""
        return Fault(on=lambda request: request.inside is None, afterwards=self._strike)

    def _strike(self, request: Request, response: Response) -> Response:
        document = response.value() if response.body[:1] in (b"{", b"[") else None
        raw: dict[str, str] = {}
        for rows in self.rows(request, document):
            row = self.dice.choice(rows)
            cells = self.cells(row)
            name, mark = self.dice.choice(sorted(cells)), f"@@{len(raw)}@@"
            raw[f'"{mark}"'] = self.dice.choice(HOSTILE)
            self.hit[str(row.get("Id") or row.get("id"))] = f"{name} = {raw[f'{chr(34)}{mark}{chr(34)}'][:60]}"
            cells[name] = mark
        if not raw:
            return response
        text = json.dumps(document, ensure_ascii=True)
        for mark, value in raw.items():
            text = text.replace(mark, value)
        return _with(response, text)


def hidden(tokens: set[str], texts: Mapping[str, str]) -> list[str]:
    """Where a credential is shown."""
    return [where for where, text in texts.items() for token in tokens if len(token) > 8 and token in text]
