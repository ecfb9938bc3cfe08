"""Run by Alembic; the connection comes from geo.store.migrate."""

from alembic import context

from geo.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
