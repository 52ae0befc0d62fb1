"""Those who read what we say: their habits, and what their home in the messenger shows."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import codes, instants, key
from stalewatch.store.tables.metadata import metadata

habits = sa.Table("habits", metadata, key("address"), *codes("member", "language", "zone"), *instants("asked_at"))

homes = sa.Table("homes", metadata, key("member"), *codes("shows"), *instants("opened_at"))
