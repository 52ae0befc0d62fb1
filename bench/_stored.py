"""A made-up company of any size, put into a database as fast as it takes rows; the same seed makes the same deals.

Four of five deals are open. An open deal has on average one change of a field that the starter pack looks back at,
two of fields that it does not, and half an event; a third of its free fields are filled.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np

from stalewatch.domain.instants import DAY, HOUR
from stalewatch.domain.language.model import Catalogue
from stalewatch.store import connections
from stalewatch.store.engine import Connection, Database

CRM: Final = "crm"
OWNERS: Final = 500
_PIECE: Final = 50_000
_TEXTS: Final = ("agenda", "competitors", "decision_criteria", "decision_process", "impact", "meeting_notes", "metrics")
_KINDS: Final = ("meeting", "proposal_sent", "stage_regressed")
_LOOKED_BACK_AT: Final = ("next_step", "amount", "close_date", "hold_until", "pain")
_KEPT: Final = ("stage", "owner")
_STEPS: Final = ("Send the offer", "Call the CFO", "Wait for the budget", "Prepare the workshop")


def fill(db: Database, deals: int, now: int, catalogue: Catalogue, *, seed: int = 1) -> None:
    """Store `deals` deals of one connection whose data is fresh at `now` (microseconds since the epoch)."""
    fields = catalogue.objects["deal"]
    fed = {"deal": sorted(fields), "lead": sorted(catalogue.objects["lead"])}
    with db.write() as conn:
        connections.ensure(conn, {CRM: "bench"}, now)
        connections.set_values(conn, CRM, first_sync_at=now - 90 * DAY, data_at=now, coverage=fed)
        insert(conn, "people", ("id", "connection", "external_id", "name", "email", "active"), _people())
    for start in range(0, deals, _PIECE):
        dice = np.random.default_rng([seed, start])
        size = min(_PIECE, deals - start)
        ids = [f"{CRM}:{number:08}" for number in range(start, start + size)]
        choices = {name: fields[name].values for name in ("stage", "pipeline", "segment", "forecast_category")}
        with db.write() as conn:
            names, rows = _deals(dice, ids, now, choices)
            insert(conn, "deals", names, rows)
            insert(conn, "changes", _CHANGE, _changes(dice, ids, now))
            insert(conn, "events", ("record_id", "kind", "subject", "at", "began"), _events(dice, ids, now))
    if not db.is_sqlite:
        with db.write() as conn:
            conn.exec_driver_sql("ANALYZE")


_CHANGE: Final = ("record_id", "field", "at", "ordinal", "value", "source", "seen_at")


def _people() -> Iterator[tuple[Any, ...]]:
    for number in range(OWNERS):
        yield f"{CRM}:u{number}", CRM, f"u{number}", f"Owner {number}", f"u{number}@acme.example", True


def _deals(
    dice: np.random.Generator, ids: Sequence[str], now: int, choices: dict[str, tuple[str, ...]]
) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
    size = len(ids)
    created = now - dice.integers(DAY, 200 * DAY, size)
    today = now // DAY

    def instant(share: float, back: int = 60) -> list[int | None]:
        return _some(dice, share, now - dice.integers(HOUR, back * DAY, size))

    def whole(share: float, low: int, high: int) -> list[int | None]:
        return _some(dice, share, dice.integers(low, high, size))

    columns: dict[str, Sequence[Any]] = {
        "id": ids,
        "connection": [CRM] * size,
        "external_id": [one.partition(":")[2] for one in ids],
        "object": ["deal"] * size,
        "name": [f"Company {one[-6:]} renewal" for one in ids],
        "owner": [f"{CRM}:u{number}" for number in dice.integers(0, OWNERS, size).tolist()],
        "is_open": (dice.random(size) < 0.8).tolist(),
        "created_at": created.tolist(),
        **{name: _picked(dice, values, size) for name, values in choices.items()},
        "amount": whole(0.9, 1, 5_000_000_000),
        "previous_amount": whole(0.1, 1, 5_000_000_000),
        "close_date": whole(0.9, today - 20, today + 90),
        "next_step_due": whole(0.5, today - 20, today + 20),
        "decision_date": whole(0.3, today, today + 60),
        "hold_until": whole(0.05, today - 5, today + 20),
        "hold_set_at": instant(0.05),
        "stage_entered_at": (now - (now - created) * dice.random(size)).astype(np.int64).tolist(),
        "last_meeting_at": instant(0.6),
        "next_meeting_at": _some(dice, 0.2, now + dice.integers(HOUR, 20 * DAY, size)),
        "last_customer_activity_at": instant(0.7),
        "last_seller_activity_at": instant(0.7),
        "loss_check_sent_at": instant(0.02),
        "seller_touches_since_customer": whole(0.9, 0, 6),
        "close_date_pushes": whole(0.9, 0, 4),
        "stakeholders": whole(0.9, 0, 6),
        "wait_count": whole(0.1, 0, 3),
        "next_step": _picked(dice, _STEPS, size, 0.7),
        "fields": _free(dice, size),
    }
    return list(columns), zip(*columns.values(), strict=True)


def _free(dice: np.random.Generator, size: int) -> list[str]:
    """The fields that have no column of their own, as the store keeps them: JSON, keys sorted."""
    there = dice.random((size, len(_TEXTS) + 1)) < 1 / 3
    roles = dice.integers(0, 3, (size, 3)).tolist()
    texts = []
    for row, (champion, decides, buys) in zip(there.tolist(), roles, strict=True):
        filled: dict[str, Any] = {
            name: f"what is known of {name}" for name, has in zip(_TEXTS, row, strict=False) if has
        }
        filled |= {"roles.champion": champion, "roles.decision_maker": decides, "roles.economic_buyer": buys}
        filled["customer_agreed_problem"] = row[-1]
        texts.append(json.dumps(filled, sort_keys=True, separators=(",", ":")))
    return texts


def _changes(dice: np.random.Generator, ids: Sequence[str], now: int) -> Iterator[tuple[Any, ...]]:
    for fields, rate in ((_LOOKED_BACK_AT, 1.0), (_KEPT, 2.0)):
        count = int(len(ids) * rate)
        rows = np.sort(dice.integers(0, len(ids), count)).tolist()
        which = dice.integers(0, len(fields), count).tolist()
        moments = (now - dice.integers(HOUR, 60 * DAY, count)).tolist()
        for number, (row, field, at) in enumerate(zip(rows, which, moments, strict=True)):
            value = (
                "null" if number % 3 == 0 else '"Send the offer"' if fields[field] in ("next_step", "pain") else "20500"
            )
            stored = None if value == "null" else value
            yield ids[row], fields[field], at, number, stored, "crm", now


def _events(dice: np.random.Generator, ids: Sequence[str], now: int) -> Iterator[tuple[Any, ...]]:
    count = len(ids) // 2
    rows = np.sort(dice.integers(0, len(ids), count)).tolist()
    kinds = dice.integers(0, len(_KINDS), count).tolist()
    moments = (now - dice.integers(HOUR, 30 * DAY, count)).tolist()
    for number, (row, kind, at) in enumerate(zip(rows, kinds, moments, strict=True)):
        yield ids[row], _KINDS[kind], f"{CRM}:e{ids[row][-8:]}{number}", at, at - HOUR


def _some(dice: np.random.Generator, share: float, values: Any) -> list[int | None]:
    kept = (dice.random(len(values)) < share).tolist()
    return [value if keep else None for keep, value in zip(kept, values.tolist(), strict=True)]


def _picked(dice: np.random.Generator, values: Sequence[str], size: int, share: float = 0.95) -> list[str | None]:
    found = dice.integers(0, len(values), size).tolist()
    kept = (dice.random(size) < share).tolist()
    return [values[number] if keep else None for keep, number in zip(kept, found, strict=True)]


def insert(conn: Connection, table: str, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """By executemany on SQLite, by COPY on PostgreSQL."""
    listed = ", ".join(names)
    if conn.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        conn.exec_driver_sql(f"INSERT INTO {table} ({listed}) VALUES ({marks})", list(rows))  # noqa: S608 - our own names
        return
    driver: Any = conn.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({listed}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
