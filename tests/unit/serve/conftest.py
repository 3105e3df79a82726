"""Services for the tests of a module, or of one test."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from serving import FAULTS, ON_POSTGRESQL, Served


@pytest.fixture(scope="session", autouse=True)
def kept() -> Iterator[None]:
    """With `SERVE_ON=postgresql` all services keep their records there, each home in a database of its own."""
    if not ON_POSTGRESQL:
        yield
        return
    # Not above: the modules that take its fixtures have to be the first.
    from databases import cluster_of_ones_own

    with cluster_of_ones_own() as cluster:
        Served.database = functools.cache(lambda home: cluster.new())
        yield
        Served.database = None


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts services, by default in the same home; none may have had a defect by the end of the test."""
    services: list[Served] = []

    def started(home: str = "home", **settings: Any) -> Served:
        services.append(Served(tmp_path / home, **settings))
        return services[-1].start()

    yield started
    for served in reversed(services):
        served.stop()
    assert FAULTS.told == []


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with the job `plant`, for all tests of a module."""
    served = Served(tmp_path_factory.mktemp("plant")).start()
    served.job()
    yield served
    served.stop()
    assert FAULTS.told == []
