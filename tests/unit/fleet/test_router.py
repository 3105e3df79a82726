"""The router: who does which job best, also among those that have the same spaces."""

from __future__ import annotations

import shutil

import pytest

from fleets import NESTED, WALK, trained
from trainee.errors import DamagedPart, InvalidArgument, NothingSaved
from trainee.fleet import Source, keep_routes, routed, routes

TWIN, MIRRORED = "fleet_toys:Twin-v0", "fleet_toys:Mirrored-v0"


def found(tmp_path, **agents):
    return [Source(tmp_path / name, agent) for name, agent in agents.items()]


def test_each_job_goes_to_who_does_it_best(walker, tmp_path):
    """The twin's own worker has hardly begun, and its opposite is done best by its own."""
    novice, opposite = trained(TWIN, steps=25), trained(MIRRORED, steps=300)
    chosen = {each.job: each for each in routes(found(tmp_path, walk=walker, twin=novice, mirror=opposite), 20)}
    assert {job: (each.home, each.worker) for job, each in chosen.items()} == {
        WALK: (str(tmp_path / "walk"), WALK),
        TWIN: (str(tmp_path / "walk"), WALK),
        MIRRORED: (str(tmp_path / "mirror"), MIRRORED),
    }
    twin = chosen[TWIN]
    assert twin.others.keys() == {str(tmp_path / "twin"), str(tmp_path / "mirror")}
    assert all(mean < twin.mean for mean in twin.others.values())
    assert twin.low <= twin.mean <= twin.high


def test_a_job_that_cannot_be_played_is_its_own_workers(tmp_path):
    agent = trained(NESTED, steps=60)
    worker = agent.workers.pop(NESTED)
    worker.name = "mill"
    agent.workers["mill"], agent.streams["mill"] = worker, agent.streams.pop(NESTED)
    (route,) = routes(found(tmp_path, mill=agent), 5)
    assert (route.home, route.played, route.others) == (str(tmp_path / "mill"), False, {})
    assert route.mean == pytest.approx(worker.logbook.recent(20))


def test_what_is_kept_is_read_also_where_it_was_moved_to(walker, tmp_path):
    crew = tmp_path / "crew"
    crew.mkdir()
    (route,) = routes([Source(crew / "worker-1", walker)], 5)
    keep_routes(crew, [route])
    assert routed(crew, WALK) == route
    moved = shutil.copytree(crew, tmp_path / "moved")
    assert routed(moved, WALK).home == str(moved / "worker-1")
    with pytest.raises(InvalidArgument, match=f"no agent of the fleet in .* does 'Pong': they do {WALK}"):
        routed(crew, "Pong")


def test_none_and_a_damaged_one_are_named(tmp_path):
    with pytest.raises(NothingSaved, match="there is no router in"):
        routed(tmp_path, WALK)
    for written in ("", "{", "[{}]", '{"a": 1}'):
        (tmp_path / "router.json").write_text(written)
        with pytest.raises(DamagedPart, match=r"router\.json does not say who does which job"):
            routed(tmp_path, WALK)
