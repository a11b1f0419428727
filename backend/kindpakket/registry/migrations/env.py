# SPDX-License-Identifier: EUPL-1.2
"""Migrations: run on the connection that the store hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from kindpakket.registry.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
    version_table="registry_version",
)
with context.begin_transaction():
    context.run_migrations()
