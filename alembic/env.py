"""Run by alembic: migrates the connection that stalewatch.store.migrate hands over."""

from __future__ import annotations

from alembic import context

from stalewatch.store.tables import metadata

if context.is_offline_mode():
    raise SystemExit("migrations run on a live database: stalewatch db upgrade")

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
