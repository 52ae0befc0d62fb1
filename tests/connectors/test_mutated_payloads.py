"""Answers that are mutated on their way, some dozens every day and 5,000 in `make nightly`.

Whatever comes, a connector raises what its interface names and nothing else, asks no more than it should, shows no
credential, and goes on from where it really was. An odd row is set aside alone: its neighbours are what they are.
"""

from __future__ import annotations

import gc
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import pytest

from stalewatch.sdk.connector import Connector, Cursor, Page
from stalewatch.sdk.errors import ConnectorError
from stalewatch.sdk.records import Deal
from stalewatch_sandbox.serving.exchange import Request
from stalewatch_sandbox.serving.faults import Faults
from stalewatch_sandbox.serving.ledger import Ledger
from tests.altered import replace
from tests.connectors.hubspot.portals import Story, opened
from tests.connectors.mutations import BREAKING, Mutation, OddRow, Way, hidden
from tests.connectors.salesforce.desk import Desk, open_desk

pytestmark = pytest.mark.bar

ROUNDS: Final = 3
"""Pulls under mutated answers, one after the other, before the truth is told again."""
SECONDS: Final = 60.0
"""Real seconds that one pull may take, on a machine that does other things as well."""
CALLS: Final = 400
"""Requests that one pull may make for these few records, repetitions included."""
WHATEVER, BROKEN, ODD = 2_000, 1_500, 1_500
"""So many of each CRM in a game day, 5,000 together: whatever comes, what is no answer, and odd rows."""
PIECE: Final = 100
"""Mutations that one company lives through: everything that is read anew after them stays short."""
HELD: Final = 60_000_000
"""Bytes that may be left behind by all of them."""
Known = dict[str, dict[str, Any]]


class Crm(Protocol):
    """A few records in one CRM, for connectors to read.

    Attributes:
        secrets: that open it.
    """

    faults: Faults
    ledger: Ledger
    secrets: frozenset[str]

    def connector(self) -> Connector:
        """A connector as a new process makes it."""
        ...

    def goes_on(self, number: int) -> None:
        """Five minutes pass, and somebody works."""
        ...

    def odd_row(self, seed: int) -> OddRow:
        """Touches one deal in each list of deals."""
        ...


@dataclass
class InSalesforce:
    desk: Desk
    deals: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        sandbox = self.desk.sandbox
        self.faults, self.ledger = sandbox.faults, sandbox.ledger
        self.secrets = frozenset({sandbox.app.client_secret})
        for number in range(7):
            deal = self.desk.deal(f"Deal {number}")
            self.desk.mail(deal)
            self.desk.mail(deal, incoming=False)
            self.desk.role(deal, self.desk.contact)
            self.desk.meeting(deal, self.desk.ago(days=3))
            self.desk.task(deal, self.desk.ago(days=-3).date())
            self.desk.org.update(deal, {"StageName": "Proposal/Price Quote"}, at=self.desk.ago(days=2))
            self.deals.append(deal)

    def connector(self) -> Connector:
        return self.desk.connector(reads={})

    def goes_on(self, number: int) -> None:
        self.desk.sandbox.clock.advance(timedelta(minutes=5))
        deal = self.deals[number % len(self.deals)]
        self.desk.org.update(deal, {"Amount": 1_000.0 + number})
        self.desk.mail(deal, at=self.desk.ago())

    def odd_row(self, seed: int) -> OddRow:
        return OddRow(seed, _opportunities, lambda row: row)


@dataclass
class InHubSpot:
    story: Story
    deals: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.faults, self.ledger = self.story.board.faults, self.story.board.ledger
        self.secrets = frozenset({self.story.server.token})
        for number in range(7):
            deal = self.story.deal(f"Deal {number}", amount=str(1_000 + number))
            self.story.contact(deal)
            self.story.mail(deal)
            self.story.mail(deal, "EMAIL")
            self.story.meeting(deal, self.story.now() + timedelta(days=3))
            self.story.task(deal, self.story.now() + timedelta(days=3))
            self.deals.append(deal)

    def connector(self) -> Connector:
        return self.story.connector(reads={})

    def goes_on(self, number: int) -> None:
        self.story.passes(minutes=5)
        deal = self.deals[number % len(self.deals)]
        self.story.portal.update("deals", deal, {"amount": str(2_000 + number)})
        self.story.mail(deal)

    def odd_row(self, seed: int) -> OddRow:
        return OddRow(seed, _deals, lambda row: row["properties"])


def _opportunities(_: Request, document: Any) -> list[list[dict[str, Any]]]:
    parts = document.get("compositeResponse", ()) if isinstance(document, dict) else ()
    found = [part["body"].get("records", []) for part in parts if isinstance(part["body"], dict)]
    return [rows for rows in found if rows and "Probability" in rows[0] | {"Probability": 0} and _is_deal(rows[0])]


def _is_deal(row: Mapping[str, Any]) -> bool:
    return (row.get("attributes") or {}).get("type") == "Opportunity" and "StageName" in row and "IsDeleted" in row


def _deals(request: Request, document: Any) -> list[list[dict[str, Any]]]:
    is_asked = request.path.endswith("/deals/search") and isinstance(document, dict)
    rows = document.get("results", []) if is_asked else []
    return [rows] if rows and "dealname" in rows[0]["properties"] else []


@contextmanager
def _opened(crm: str, folder: Path) -> Iterator[Crm]:
    if crm == "salesforce":
        with open_desk(folder) as desk:
            yield InSalesforce(desk)
    else:
        with opened() as story:
            yield InHubSpot(story)


@pytest.fixture(params=["salesforce", "hubspot"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crm]:
    with _opened(request.param, tmp_path) as made:
        yield made


def known_after(pages: Sequence[Page], before: Known | None = None) -> Known:
    """What is known after these pages, by kind and id."""
    known: Known = {
        kind: dict(rows) for kind, rows in (before or {"deals": {}, "people": {}, "activities": {}}).items()
    }
    for page in pages:
        for kind in known:
            known[kind].update((one.id, _joined(known[kind].get(one.id), one)) for one in getattr(page, kind))
    return known


def _joined(before: Any, now: Any) -> Any:
    """A field that a deal does not name was not read here: it keeps its value."""
    return replace(now, fields={**before.fields, **now.fields}) if isinstance(before, Deal) else now


@dataclass
class Reader:
    """Pulls, keeps what came, and looks at how it went wrong."""

    crm: Crm
    connector: Connector
    known: Known = field(default_factory=lambda: known_after(()))
    cursor: Cursor | None = None
    words: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)

    def pull(self) -> bool:
        """One pull as a cycle makes it; False if it failed as connectors may."""
        began, before, pages = time.monotonic(), len(self.crm.ledger), list[Page]()
        try:
            self.connector.describe()
            for page in self.connector.pull(self.cursor):
                pages.append(page)
                self.cursor = page.cursor
        except ConnectorError as error:
            self.words.append(f"{error!r} {error} {error.cure}")
            self.outcomes[type(error).__name__] += 1
            return False
        finally:
            self.known = known_after(pages, self.known)
            self.words += [repr(one) for page in pages for one in page.rejected]
            assert time.monotonic() - began < SECONDS
            assert len(self.crm.ledger) - before < CALLS
        self.outcomes["pulled"] += 1
        return True


def truth(crm: Crm) -> Known:
    """What somebody knows who reads everything now."""
    return known_after(list(crm.connector().pull(None)))


def survive(
    crm: Crm, least: int, ways: tuple[Way, ...] | None = None, *, strict: bool = False, seed: int = 0
) -> Counter[str]:  # fmt: skip
    """Pull after pull under mutated answers until there were at least so many; returns how they ended.

    Args:
        strict: nothing that was mutated can be believed, so that the cursor alone has to lead to the truth.
    """
    done, outcomes = 0, Counter[str]()
    while done < least:
        mutation = Mutation(seed, share=0.15 if seed % 2 else 0.6) if ways is None else Mutation(seed, ways, 0.4)
        reader = Reader(crm, crm.connector(), outcomes=outcomes)
        if seed % 3 or strict:
            assert reader.pull()
        crm.ledger.reset()
        crm.faults.arm_fault("mutation", mutation.fault())
        for number in range(ROUNDS):
            crm.goes_on(seed + number)
            reader.pull()
        crm.faults.disarm("mutation")
        reader.connector = crm.connector()
        if strict:
            assert reader.pull(), f"seed {seed}"
            assert reader.known == truth(crm), f"seed {seed}: {mutation.done}"
        else:
            reader.cursor, reader.known = None, known_after(())
            assert reader.pull(), f"seed {seed}"
            assert reader.known == truth(crm), f"seed {seed}: {mutation.done}"
        shown = dict(enumerate(reader.words))
        assert hidden(mutation.tokens | crm.secrets, {str(n): words for n, words in shown.items()}) == []
        assert max(map(len, reader.words), default=0) < 2_000
        done, seed = done + sum(mutation.done.values()), seed + 1
    return outcomes


def set_aside(crm: Crm, rows: int, seed: int = 0) -> Counter[str]:
    """One odd row among good ones, so many times; returns why rows were set aside."""
    good, reasons = truth(crm)["deals"], Counter[str]()
    assert len(good) == 7
    while sum(reasons.values()) < rows:
        odd = crm.odd_row(seed)
        crm.faults.arm_fault("odd", odd.fault())
        pages = list(crm.connector().pull(None))
        crm.faults.disarm("odd")
        assert odd.hit, "nothing was touched"
        found = known_after(pages)["deals"]
        assert {id_: deal for id_, deal in found.items() if id_ in good.keys() - odd.hit.keys()} == {
            id_: deal for id_, deal in good.items() if id_ not in odd.hit
        }, f"seed {seed}: {odd.hit}"
        rejected = [one for page in pages for one in page.rejected]
        missing = (good.keys() & odd.hit.keys()) - found.keys() - {id_ for page in pages for id_ in page.gone}
        assert all(one.reason for one in rejected)
        assert len(missing) <= len(rejected), f"seed {seed}: {odd.hit} left no trace"
        reasons.update(one.reason for one in rejected)
        reasons["kept"] += not rejected
        seed += 1
    return reasons


def test_whatever_comes_a_connector_fails_as_it_may_and_reads_on(crm: Crm) -> None:
    assert survive(crm, 20)["pulled"]


def test_where_an_answer_is_none_the_next_pull_knows_everything(crm: Crm) -> None:
    assert survive(crm, 8, BREAKING, strict=True)["pulled"]


def test_an_odd_row_is_set_aside_alone(crm: Crm) -> None:
    assert set_aside(crm, 6)["kept"] < 6


OFTEN: Final = pytest.mark.parametrize(
    "part", [
        pytest.param(2, id="half", marks=pytest.mark.slow(minutes=2)),
        pytest.param(1, id="all", marks=[pytest.mark.slow(minutes=3), pytest.mark.thorough]),
    ],
)  # fmt: skip
"""Of both CRMs together a half is 5,000 of them."""
each_crm = pytest.mark.parametrize("name", ["salesforce", "hubspot"])


def in_pieces(name: str, folder: Path, least: int, one: Callable[[Crm, int, int], Counter[str]]) -> Counter[str]:
    """So many mutations, over companies that stay small; what they leave in memory is bounded.

    Args:
        one: goes on until there were so many in this company, with seeds from a number on.
    """
    outcomes, held = Counter[str](), 0
    for begin in range(0, least, PIECE):
        with _opened(name, folder) as crm:
            outcomes += one(crm, PIECE, begin)
        gc.collect()
        held = held or resident()  # of the second company on, everything is there that has to be there once
    assert resident() - held < HELD
    return outcomes


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()


@OFTEN
@each_crm
def test_whatever_comes_again_and_again(name: str, tmp_path: Path, part: int) -> None:
    outcomes = in_pieces(name, tmp_path, WHATEVER // part, lambda crm, least, seed: survive(crm, least, seed=seed))
    assert outcomes["TryLater"]
    assert outcomes["pulled"] > outcomes.total() / 2


@OFTEN
@each_crm
def test_many_answers_that_are_none(name: str, tmp_path: Path, part: int) -> None:
    def one(crm: Crm, least: int, seed: int) -> Counter[str]:
        return survive(crm, least, BREAKING, strict=True, seed=seed)

    assert in_pieces(name, tmp_path, BROKEN // part, one)["TryLater"]


@OFTEN
@each_crm
def test_many_odd_rows_are_set_aside_alone(name: str, tmp_path: Path, part: int) -> None:
    reasons = in_pieces(name, tmp_path, ODD // part, set_aside)
    assert 0 < reasons["kept"] < reasons.total()
