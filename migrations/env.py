"""Runs the migrations on the connection that `setflow.db.migrate` hands over."""

from alembic import context

from setflow import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    compare_type=True,
    compare_server_default=True,
)
context.run_migrations()
