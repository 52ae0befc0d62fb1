"""From notices of what somebody outside said to what is told of it, as it stands when it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stalewatch.delivery.customers import Heard
from stalewatch.domain.customer_answers import CustomerAnswer, Word
from stalewatch.services.alerting.heard import CUSTOMER, source_of
from stalewatch.store import links, records
from stalewatch.store.engine import Connection


def heard(conn: Connection, notices: Sequence[Any], link: str | None) -> list[Heard]:
    """What customers answered, of those of these notices that tell of that.

    Args:
        link: the address of a record's page, with `{id}` in it; None leaves links out.
    """
    mine = [row for row in notices if row.kind == CUSTOMER]
    names = records.names(conn, [row.record_id for row in mine])
    found = []
    for row in mine:
        said = links.answer(conn, source_of(row))
        if said is not None:
            url = None if link is None else link.replace("{id}", row.record_id)
            answer = CustomerAnswer(Word(said.answer), said.months)
            found.append(Heard(row.record_id, names.get(row.record_id, row.record_id), answer, said.changed_at, url))
    return found
