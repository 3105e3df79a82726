"""A fleet across machines: two nodes of a Ray cluster on this one, and what cannot be begun."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pytest

from fleets import WALK
from trainee import Agent, record
from trainee.errors import InvalidArgument, MissingExtra, RecordError, SaveFailed
from trainee.fleet import across, assignments, provenance_at
from trainee.fleet.across import _Desk

pytestmark = pytest.mark.processes

TWIN = "fleet_toys:Twin-v0"
STEPS = 12_000
SAID = "two nodes: "
# Nodes are looked after more often than usual, and workers as urgent as other processes. It ends with its input.
NODES = f"""
import sys
from ray.cluster_utils import Cluster

small = dict(num_cpus=1, object_store_memory=80 * 2**20, include_dashboard=False)
looked_after = dict(health_check_initial_delay_ms=0, health_check_period_ms=1_000, worker_niceness=0)
cluster = Cluster(initialize_head=True, head_node_args=dict(**small, _system_config=looked_after))
second = cluster.add_node(**small)
print("{SAID}" + cluster.address, second.all_processes["raylet"][0].process.pid, flush=True)
sys.stdin.read()
cluster.shutdown()
"""


def told(desk):
    """All that a worker says, and its exit code."""
    said, code = [], None
    while code is None:
        more, code, _ = desk.hear(10.0)
        said += more
    return said, code


def test_without_ray_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"trainee\[fleet\]"), across("auto", tmp_path / "home"):
        pass
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(("address", "why"), [("127.0.0.1:1", "refused"), ("nonsense", "Invalid address")])
def test_where_no_cluster_is_it_is_said_so_at_once(tmp_path, address, why):
    said = f"no Ray cluster can be reached at '{address}': .*{why}"
    with pytest.raises(InvalidArgument, match=said), across(address, tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_a_home_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveFailed, match="Choose a --home"), across("auto", tmp_path / "file"):
        pass


def test_a_node_that_does_not_share_the_home_does_no_work(tmp_path):
    (given,) = assignments([WALK], 1, 60, tmp_path / "fleet", width=16)
    said, code = told(_Desk(given, tmp_path / "fleet" / "shared-1", version("trainee"), 0.0))
    assert code == 3
    assert f"{tmp_path / 'fleet'} is not the home of this fleet: the nodes do not share it" in said[0]["message"]
    assert not (tmp_path / "fleet").exists()


def test_a_node_with_another_version_does_no_work(tmp_path):
    (given,) = assignments([WALK], 1, 60, tmp_path, width=16)
    said, code = told(_Desk(given, tmp_path / "shared-1", "99.0", 0.0))
    assert code == 3
    assert f"is version {version('trainee')} of trainee, and here 99.0: install the same" in said[0]["message"]


def test_a_home_that_is_still_in_use_is_waited_for(tmp_path):
    (given,) = assignments([WALK], 1, 20, tmp_path, width=16)
    shared = tmp_path / "shared-1"
    shared.write_text(shared.name)
    with record.lock(given.home):
        said, code = told(_Desk(given, shared, version("trainee"), 0.0))
        assert code == 3
        assert "in use by this process" in said[0]["message"]
        desk = _Desk(given, shared, version("trainee"), 60.0)
        time.sleep(0.2)
        assert desk.hear(0.1) == ([], None, "")
    said, code = told(desk)
    assert code == 0
    assert said[-1]["steps"] == 20


def test_it_stops_where_it_is_told_to_and_saves(tmp_path):
    (given,) = assignments([WALK], 1, 10**9, tmp_path, width=16)
    shared = tmp_path / "shared-1"
    shared.write_text(shared.name)
    desk = _Desk(given, shared, version("trainee"), 0.0)
    desk.hear(60.0)
    desk.stop()
    _, code = told(desk)
    assert code == 130
    assert _saved(given.home) > 0


@pytest.fixture
def nodes():
    """A cluster of two nodes with a CPU each: its address, and the process of the second one's raylet."""
    pytest.importorskip("ray")
    environment = {
        **os.environ,
        "RAY_USAGE_STATS_ENABLED": "0",
        # What else this machine does is none of its business.
        "RAY_memory_monitor_refresh_ms": "0",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    # In a process without JAX, since Ray forks.
    command, pipe = [sys.executable, "-c", NODES], subprocess.PIPE
    with subprocess.Popen(
        command, env=environment, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            told = next(line for line in process.stdout if line.startswith(SAID))
            address, raylet = told.removeprefix(SAID).split()
            yield address, int(raylet)
        finally:
            process.communicate()


@pytest.mark.timeout(500)
def test_a_worker_and_a_node_are_killed_and_the_fleet_ends_as_if_they_were_not(nodes, tmp_path):
    address, raylet = nodes
    given = assignments([WALK, TWIN], 2, STEPS, tmp_path, width=16)
    given = [dataclasses.replace(each, save_every_s=0.5) for each in given]
    killed, restarted, done = dict[str, int](), list[int](), list[tuple[str, int]]()
    with across(address, tmp_path) as work:
        with closing(work(given)) as heard:
            for news in heard:
                assert news.kind in ("going", "done with a job", "done", "restarted"), news
                if news.kind == "going" and _saved(given[news.worker].home):
                    _kill(news, raylet, killed)
                restarted += [news.worker] if news.kind == "restarted" else []
                done += [(news.about["job"], news.about["steps"])] if news.kind == "done with a job" else []
        # Each lesson counts once, whoever was killed after it was handed in.
        assert sorted(done) == [(TWIN, STEPS), (WALK, STEPS)]
        assert killed.keys() == {"process", "node"}
        assert set(restarted) == set(killed.values()) == {0, 1}
        for each in given:
            (job,) = each.jobs
            assert Agent.load(each.home).workers[job].logbook.steps == STEPS
            (lessons,) = (each.home / "lessons").iterdir()
            assert provenance_at(lessons).steps == STEPS
        (shared,) = tmp_path.glob("shared-*")
        shared.unlink()
        (refused,) = [news for news in work(given[:1]) if news.kind == "given up"]
        assert "the nodes do not share it" in refused.about["why"]
    assert not list(tmp_path.glob("shared-*"))


def _kill(news, raylet, killed):
    """With the first news of a worker on each node: the process of the one, the whole node of the other."""
    process = news.about["process"]
    try:
        parent = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return
    if parent == raylet and "node" not in killed:
        killed["node"] = news.worker
        os.kill(raylet, signal.SIGKILL)
    elif parent != raylet and "process" not in killed and news.worker not in killed.values():
        killed["process"] = news.worker
        os.kill(process, signal.SIGKILL)


def _saved(home):
    try:
        return record.describe(home).about["step"]
    except RecordError:
        return 0
