"""Opening a log: where one can be, which version it is of, and what has to be installed."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from trainee.errors import InvalidArgument, NewerFormat
from trainee.record import migrations
from trainee.record.events import Draft
from trainee.record.log import EventLog

pytest_plugins = ["databases"]


def drafts(*keys, kind="decision", job="cooling"):
    return [Draft(kind, job, {"key": key}, key) for key in keys]


def test_a_log_that_is_opened_again_goes_on(url, opened):
    with_handlers = list(logging.getLogger().handlers), logging.getLogger().level
    disabled = logging.getLogger("some.service").disabled
    for count in (1, 2, 3):
        log = EventLog(url)
        log.append([drafts(f"k{count}")])
        assert [event.key for event in log.after(0, 10)] == [f"k{n + 1}" for n in range(count)]
        log.close()
    assert with_handlers == (list(logging.getLogger().handlers), logging.getLogger().level)
    assert not disabled
    assert not logging.getLogger("some.service").disabled


def test_the_newest_revision_is_the_one_that_the_code_works_with():
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(Path(migrations.__file__).parent)
    assert script.get_heads() == [migrations.HEAD]


def test_a_database_of_a_later_version_is_left_alone(url, opened):
    log = EventLog(url)
    log.append([drafts("a")])
    log.database.write(
        lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9'"), ""
    )
    log.close()
    with pytest.raises(NewerFormat, match=r"is of revision '9', and this version .* up to '0001_events'. Upgrade"):
        EventLog(url)


def test_a_log_beside_the_service_reads_and_does_not_write(url, opened):
    # The first to come makes the tables, whoever it is.
    beside = opened(EventLog, url, alone=False)
    log = opened(EventLog, url)
    events = log.append([drafts("a")])[0]
    assert beside.after(0, 10) == events
    with pytest.raises(InvalidArgument, match="alone=True"):
        beside.append([drafts("b")])


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("home/events.db", "is not the URL of a database"),
        ("mysql://host/database", "events cannot be kept in 'mysql'"),
        ("postgresql+asyncpg://host/database", "events cannot be kept in 'postgresql\\+asyncpg'"),
        ("sqlite://", "give the path of a file"),
        ("sqlite:///:memory:", "give the path of a file"),
        ("sqlite:////dev/null/events.db", "Choose a file you may write to"),
    ],
)
def test_urls_where_no_log_can_be(url, message):
    with pytest.raises(InvalidArgument, match=message):
        EventLog(url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_name_of_postgresql_is_understood(cluster, opened, scheme):
    log = opened(EventLog, cluster.new().replace("postgresql", scheme, 1))
    assert log.append([drafts("a")])[0][0].seq == 1


def test_a_path_may_hold_any_character(tmp_path, opened):
    path = tmp_path / "100% of? home#1 学习" / "events.db"
    assert opened(EventLog, path).append([drafts("a")])[0][0].seq == 1
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (1,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.parametrize(("module", "extra"), [("sqlalchemy", "serve"), ("alembic", "serve"), ("psycopg", "postgres")])
def test_a_missing_library_is_named_with_its_extra(tmp_path, module, extra):
    url = "postgresql://host/database" if extra == "postgres" else f"sqlite:///{tmp_path}/events.db"
    program = f"""
import sys
sys.modules[{module!r}] = None
import trainee.record
from trainee.errors import MissingExtra
try:
    from trainee.record.log import EventLog
    EventLog({url!r})
except MissingExtra as error:
    print(error)
"""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert f"trainee[{extra}]" in answer.stdout
