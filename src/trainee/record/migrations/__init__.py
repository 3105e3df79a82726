"""The tables of the record, one revision after another. Nothing here need be on a path or in a working directory."""

from __future__ import annotations

import threading
from pathlib import Path

from trainee.errors import MissingExtra, NewerFormat
from trainee.record.engine import sa

HEAD = "0001_events"

# Alembic hands the connection to the revisions through globals of its own.
_one_at_a_time = threading.Lock()


def version(connection: sa.Connection) -> str | None:
    """The revision of a database; None where it has none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def upgrade(connection: sa.Connection, place: str) -> None:
    """Bring a database to the revision that this version of trainee works with.

    Args:
      connection: in a transaction, so that it happens as a whole.
      place: which database, for the message.
    Raises:
      NewerFormat: a later version has been here.
      MissingExtra: Alembic is not installed.
    """
    found = version(connection)
    if found == HEAD:
        return
    try:
        from alembic import command  # noqa: PLC0415 an optional library, and slow to import
        from alembic.config import Config  # noqa: PLC0415
        from alembic.script import ScriptDirectory  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra("Alembic", "serve", "recording events") from error
    folder = Path(__file__).parent
    if found is not None and found not in {script.revision for script in ScriptDirectory(folder).walk_revisions()}:
        raise NewerFormat(
            f"{place} is of revision {found!r}, and this version of trainee knows revisions up to {HEAD!r}. Upgrade "
            f"trainee to work with it. Or it is damaged: then restore it from a backup."
        )
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _one_at_a_time:
        command.upgrade(config, HEAD)
