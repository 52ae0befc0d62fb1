"""The inherited contracts notice what they promise to notice: each flaw fails the test that is meant for it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

import stalewatch.sdk.testing
from stalewatch.sdk.connector import (
    Connector,
    Cursor,
    Description,
    FieldInfo,
    Finding,
    Level,
    Page,
)
from stalewatch.sdk.errors import OutcomeUnknown, Refused, TryLater
from stalewatch.sdk.notifier import Message, Notifier, Outcome, Receipt, Settled
from stalewatch.sdk.records import Deal, Person, Rejected
from stalewatch.sdk.testing import NOON, ConnectorContract, NotifierContract
from stalewatch.sdk.writing import Change, Written


class Sound(Connector):
    """A connector of two pages that keeps the contract."""

    type: ClassVar[str] = "sound"

    def describe(self) -> Description:
        return Description(fields={"deal": [FieldInfo(ours="name", theirs="Name", type="text")]})

    def check(self) -> list[Finding]:
        return [Finding(subject="login", level=Level.OK, message="works")]

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        done = 0 if full or cursor is None else int(cursor.get("done", 0))
        yield from self.pages()[done:]

    def pages(self) -> list[Page]:
        sato = Person(id="u1", name="Sato")
        return [
            Page(cursor={"done": 1}, deals=[Deal(id="D1", name="Acme", owner="u1")], people=[sato]),
            Page(cursor={"done": 2}, deals=[Deal(id="D2", name="Zen")], complete=True),
        ]

    def write_back(self, change: Change) -> Written:
        raise Refused("there is no such record", where=change.record)

    def written(self, change: Change) -> Written | None:
        return None


class Gone(Sound):
    def check(self) -> list[Finding]:
        return [Finding(subject="login", level=Level.ERROR, message="nobody answers")]

    def pages(self) -> list[Page]:
        raise TryLater("nobody answers")


class TestSoundConnector(ConnectorContract):
    secrets = ("s3cret",)

    def connector(self) -> Connector:
        return Sound()

    def broken(self) -> Connector:
        return Gone()


class Restless(Sound):
    """Tells an old deal differently in every cycle."""

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        if cursor == {"done": 2} and not full:
            yield Page(cursor={"done": 2}, deals=[Deal(id="D1", name="Acme, again", owner="u1")])
        else:
            yield from super().pull(cursor, full=full)


class Forgetful(Sound):
    """Loses the second page if it was interrupted after the first."""

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        if cursor is None or full:
            yield from super().pull(None)


class Hasty(Sound):
    """Says that it showed everything before it did."""

    def pages(self) -> list[Page]:
        first, last = super().pages()
        return [replace(first, complete=True), last]


class Inventive(Sound):
    """Names a field that no rule can read."""

    def describe(self) -> Description:
        return Description(fields={"deal": [FieldInfo(ours="shoe_size", theirs="Size", type="int")]})


class Doubled(Sound):
    """Tells one deal on two pages."""

    def pages(self) -> list[Page]:
        first, last = super().pages()
        return [first, replace(last, deals=[*last.deals, *first.deals])]


class Anonymous(Sound):
    """Leaves an owner without a person."""

    def pages(self) -> list[Page]:
        return [replace(page, people=()) for page in super().pages()]


class Absent(Sound):
    """Goes on where an abandoned pull stopped, instead of where it is told to."""

    def __init__(self) -> None:
        self._left: list[Page] = []

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        self._left = self._left or list(super().pull(cursor, full=full))
        while self._left:
            yield self._left.pop(0)


class Talkative(Sound):
    """Puts its token into the cursor."""

    def pages(self) -> list[Page]:
        return [replace(page, cursor={**page.cursor, "token": "s3cret"}) for page in super().pages()]


class Undead(Sound):
    """Shows a deal and calls it gone."""

    def pages(self) -> list[Page]:
        return [replace(page, gone=["D2"]) for page in super().pages()]


class Mute(Sound):
    """Leaves a row out and does not say why."""

    def pages(self) -> list[Page]:
        return [replace(page, rejected=[Rejected(ref="D3", reason="")]) for page in super().pages()]


class Silent(Gone):
    """Takes a dead CRM for an empty one."""

    def pages(self) -> list[Page]:
        return []


@pytest.mark.parametrize(
    ("flawed", "test"),
    [
        (Restless, ConnectorContract.test_nothing_is_new_at_the_end),
        (Forgetful, ConnectorContract.test_a_pull_interrupted_anywhere_goes_on),
        (Forgetful, ConnectorContract.test_a_foreign_cursor_is_refused_or_begins_anew),
        (Hasty, ConnectorContract.test_only_the_last_page_may_be_complete),
        (Inventive, ConnectorContract.test_describe_names_only_catalogue_fields_of_the_right_type),
        (Doubled, ConnectorContract.test_ids_are_unique_within_a_pull),
        (Anonymous, ConnectorContract.test_owners_are_people),
        (Absent, ConnectorContract.test_a_pull_left_in_the_middle_leaves_nothing_behind),
        (Talkative, ConnectorContract.test_no_secret_is_told),
        (Undead, ConnectorContract.test_what_a_page_calls_gone_it_does_not_show),
        (Mute, ConnectorContract.test_what_is_left_out_says_which_and_why),
    ],
)
def test_a_flawed_connector_fails(flawed: type[Sound], test: Callable[[ConnectorContract], None]) -> None:
    contract = TestSoundConnector()
    contract.connector = flawed  # type: ignore[method-assign]
    with pytest.raises(AssertionError):
        test(contract)


def test_a_connector_that_takes_a_dead_side_for_an_empty_one_fails() -> None:
    contract = TestSoundConnector()
    contract.broken = Silent  # type: ignore[method-assign]
    with pytest.raises(AssertionError, match="raised nothing"):
        contract.test_a_broken_side_raises_from_the_tree()


@dataclass
class Ledger(Notifier):
    """A notifier that writes deliveries into a list; its flaws are switches."""

    type: ClassVar[str] = "ledger"
    written: list[str] = field(default_factory=list)
    copies: int = 1
    sees: bool | None = None

    def send(self, message: Message) -> Receipt:
        self.written += [message.delivery] * self.copies
        return Receipt(at=NOON, handle={"delivery": message.delivery})

    def settle(self, delivery: str, address: str, since: datetime, thread: Mapping[str, Any] | None = None) -> Settled:
        if delivery in self.written if self.sees is None else self.sees:
            return Settled(outcome=Outcome.ARRIVED, receipt=Receipt(at=NOON))
        return Settled(outcome=Outcome.ABSENT)


class Cut(Ledger):
    def send(self, message: Message) -> Receipt:
        raise OutcomeUnknown("the line was cut", where=message.address)


class TestSoundNotifier(NotifierContract):
    @pytest.fixture(autouse=True)
    def _fresh(self) -> None:
        self.ledger = Ledger()

    def notifier(self) -> Notifier:
        return self.ledger

    def broken(self) -> Notifier:
        return Cut()

    def arrivals(self, delivery: str) -> int:
        return self.ledger.written.count(delivery)


@pytest.mark.parametrize(
    ("flaw", "test"),
    [
        ({"copies": 2}, NotifierContract.test_one_send_is_one_message),
        ({"copies": 0}, NotifierContract.test_awkward_text_arrives),
        ({"sees": False}, NotifierContract.test_settle_finds_what_was_sent),
        ({"sees": True}, NotifierContract.test_settle_does_not_find_what_was_not_sent),
    ],
)
def test_a_flawed_notifier_fails(flaw: dict[str, Any], test: Callable[[NotifierContract], None]) -> None:
    contract = TestSoundNotifier()
    contract.ledger = Ledger(**flaw)
    with pytest.raises(AssertionError):
        test(contract)


def test_the_contracts_import_no_test_framework() -> None:
    folder = Path(stalewatch.sdk.testing.__file__).parent
    for module in folder.glob("*.py"):
        nodes = ast.walk(ast.parse(module.read_text()))
        names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
        assert "pytest" not in names, module.name
