"""What holds for every connector."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from stalewatch.sdk.connector import Connector, Finding, Level, Page
from stalewatch.sdk.errors import BadCursor, ConnectorError
from stalewatch.sdk.records import Deal, Lead, Value
from stalewatch.sdk.testing.catalogue import CATALOGUE
from stalewatch.sdk.testing.expectations import must, same
from stalewatch.sdk.writing import Change, Note


class ConnectorContract:
    """What holds for every connector, whatever CRM is behind it. The other side must hold at least one record."""

    catalogue: Mapping[str, Mapping[str, str]] = CATALOGUE
    secrets: Sequence[str] = ()
    """What the connections are given and nobody else may see: tokens, passwords, keys."""

    def connector(self) -> Connector:
        """A fresh connector on a side that works; called several times, each time on the same data."""
        raise NotImplementedError

    def broken(self) -> Connector:
        """A connector whose other side is gone."""
        raise NotImplementedError

    def test_describe_tells_the_same_twice(self) -> None:
        connector = self.connector()
        same(connector.describe(), connector.describe(), "describe changed its mind")

    def test_describe_names_only_catalogue_fields_of_the_right_type(self) -> None:
        for object_, infos in self.connector().describe().fields.items():
            must(object_ in self.catalogue, f"no such object: {object_}")
            same(_repeated(info.ours for info in infos), [], "fields named twice")
            for info in infos:
                same(info.type, self.catalogue[object_].get(info.ours), f"type of {object_}.{info.ours}")

    def test_check_answers_in_findings_and_never_raises(self) -> None:
        for connector in (self.connector(), self.broken()):
            found = connector.check()
            must(bool(found), "check found nothing to say")
            must(all(isinstance(one, Finding) and one.message for one in found), f"not findings: {found}")

    def test_check_of_a_broken_side_is_an_error_in_words(self) -> None:
        levels = [finding.level for finding in self.broken().check()]
        must(Level.ERROR in levels, f"nobody would notice: {levels}")

    def test_a_broken_side_raises_from_the_tree(self) -> None:
        try:
            pages = list(self.broken().pull(None))
        except ConnectorError as error:
            must(bool(error.what), "an error without words")
        else:
            must(not any(page.complete for page in pages), "a broken side was taken for a whole pull")
            raise AssertionError("pull from a broken side raised nothing")

    def test_a_broken_side_is_described_or_raises_from_the_tree(self) -> None:
        try:
            self.broken().describe()
        except ConnectorError as error:
            must(bool(error.what), "an error without words")

    def test_no_secret_is_told(self) -> None:
        connector, said = self.connector(), list[object]()
        said += [page.cursor for page in connector.pull(None)]
        said += [connector.describe(), connector.check(), self.broken().check()]
        try:
            said += list(self.broken().pull(None))
        except ConnectorError as error:
            said += [str(error), error.__cause__]
        for secret in self.secrets:
            must(secret not in repr(said), "a secret stands in a cursor, a description, a finding or an error")

    def test_cursors_are_json(self) -> None:
        for page in self.connector().pull(None):
            same(json.loads(json.dumps(page.cursor)), page.cursor, "a cursor changes on its way through JSON")

    def test_a_first_pull_brings_records_and_a_cursor(self) -> None:
        pages = list(self.connector().pull(None))
        must(bool(_records(pages)), "a first pull brought nothing")
        must(pages[-1].cursor is not None, "the last page has no cursor")

    def test_only_the_last_page_may_be_complete(self) -> None:
        flags = [page.complete for page in self.connector().pull(None)]
        must(not any(flags[:-1]), f"complete before the end: {flags}")

    def test_nothing_is_new_at_the_end(self) -> None:
        connector = self.connector()
        pages = list(connector.pull(None))
        again = list(self.connector().pull(pages[-1].cursor))
        known = _records(pages)
        news = {id_: record for id_, record in _records(again).items() if known.get(id_) != record}
        same(news, {}, "a quiet cycle brought news")
        must(not any(page.gone for page in again), "a quiet cycle lost records")

    def test_a_pull_interrupted_anywhere_goes_on(self) -> None:
        pages = list(self.connector().pull(None))
        for stored, page in enumerate(pages[:-1], start=1):
            rest = list(self.connector().pull(page.cursor))
            for record in _records(pages[stored:]).values():
                same(_records(rest).get(record.id), record, f"lost after page {stored}")

    def test_a_pull_left_in_the_middle_leaves_nothing_behind(self) -> None:
        connector = self.connector()
        for _ in connector.pull(None):
            break
        same(_records(connector.pull(None)), _records(self.connector().pull(None)), "the next pull was another one")

    def test_a_page_replayed_is_the_same_page(self) -> None:
        first, second = list(self.connector().pull(None)), list(self.connector().pull(None))
        same(second, first, "the same data was read differently")

    def test_a_full_pull_brings_everything_again(self) -> None:
        pages = list(self.connector().pull(None))
        full = list(self.connector().pull(pages[-1].cursor, full=True))
        same(_records(full), _records(pages), "a full pull differs from the first")

    def test_a_foreign_cursor_is_refused_or_begins_anew(self) -> None:
        connector = self.connector()
        try:
            pages = list(connector.pull({"nobody": "knows"}))
        except BadCursor:
            return
        same(_records(pages), _records(self.connector().pull(None)), "a foreign cursor hid records")

    def test_ids_are_unique_within_a_pull(self) -> None:
        pages = list(self.connector().pull(None, full=True))
        same(_repeated(deal.id for page in pages for deal in page.deals), [], "deals told twice")
        same(_repeated(lead.id for page in pages for lead in page.leads), [], "leads told twice")
        same(_repeated(act.id for page in pages for act in page.activities), [], "activities told twice")

    def test_what_a_page_calls_gone_it_does_not_show(self) -> None:
        for page in self.connector().pull(None, full=True):
            both = _records([page]).keys() & {*page.gone, *page.merged}
            must(not both, f"shown and gone on one page: {both}")

    def test_what_is_left_out_says_which_and_why(self) -> None:
        for page in self.connector().pull(None):
            for one in page.rejected:
                must(bool(one.ref and one.reason), f"left out without a name or a reason: {one!r}")
                must("\n" not in one.reason, f"a reason groups like cases, and is no text: {one.reason!r}")

    def test_every_time_has_a_zone(self) -> None:
        for page in self.connector().pull(None):
            for value in _values(page):
                naive = isinstance(value, datetime) and value.tzinfo is None
                must(not naive, f"a time without a zone: {value!r}")

    def test_records_speak_the_catalogue(self) -> None:
        known = {name for fields in self.catalogue.values() for name in fields}
        for record in _records(self.connector().pull(None)).values():
            must(record.fields.keys() <= known, f"{record.id} has unknown fields: {record.fields.keys() - known}")
            must(record.unreadable <= known, f"{record.id}: unknown {record.unreadable - known}")

    def test_what_is_left_to_stalewatch_is_said_by_no_record(self) -> None:
        connector = self.connector()
        described = [one for infos in connector.describe().fields.values() for one in infos]
        left = {one.ours for one in described if one.folded}
        for record in _records(connector.pull(None)).values():
            must(not left & record.fields.keys(), f"{record.id} says {left & record.fields.keys()}, marked as folded")

    def test_owners_are_people(self) -> None:
        pages = list(self.connector().pull(None))
        people = {person.id for page in pages for person in page.people}
        owners = {record.owner for record in _records(pages).values() if record.owner}
        must(owners <= people, f"owners whom nobody introduced: {owners - people}")

    def test_evidence_belongs_to_records(self) -> None:
        pages = list(self.connector().pull(None))
        activities = [act for page in pages for act in page.activities]
        must(all(act.records for act in activities), "an activity that belongs to nothing")
        visited = {visit.deal for page in pages for visit in page.visits}
        must(visited <= _records(pages).keys(), "visits of unknown deals")

    def test_a_write_to_nothing_is_refused_and_can_be_looked_up(self) -> None:
        change = Change(id="1", record="no such record", wish=Note(text="call"))
        for act in (self.connector().write_back, self.connector().written):
            try:
                found = act(change)
            except ConnectorError as error:
                must(bool(error.what), "an error without words")
            else:
                must(found is None, f"written to a record that is not there: {found}")


def _repeated(ids: Iterable[str]) -> list[str]:
    return [id_ for id_, count in Counter(ids).items() if count > 1]


def _records(pages: Iterable[Page]) -> dict[str, Deal | Lead]:
    return {record.id: record for record in _all_records(pages)}


def _all_records(pages: Iterable[Page]) -> Iterator[Deal | Lead]:
    for page in pages:
        yield from page.deals
        yield from page.leads


def _values(page: Page) -> Iterator[Value]:
    yield page.as_of
    for record in _all_records([page]):
        yield from record.fields.values()
    for change in page.changes:
        yield change.value
