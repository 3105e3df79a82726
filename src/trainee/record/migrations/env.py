"""What Alembic runs: the revisions, over the connection that `upgrade` was given. It leaves logging alone."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
