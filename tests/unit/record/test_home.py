from __future__ import annotations

import os
import subprocess
import sys
import tomllib

import pytest

from trainee.errors import DamagedPart, HomeInUse, InvalidArgument, NothingSaved, SaveFailed
from trainee.record import lock, read_identity, write_identity
from trainee.record.home import HEADING

HOLD = """
import sys
from pathlib import Path
from trainee.record import lock
with lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(home):
    """Another process that works in the home until its input ends."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLD, str(home)], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_home_in_use_by_another_process_names_it(home, holder):
    said = rf"home is in use by process {holder.pid}: .*or choose another home"
    with pytest.raises(HomeInUse, match=said), lock(home):
        pytest.fail("two processes in one home")


def test_a_home_is_free_once_its_process_is_gone(home, holder):
    holder.kill()
    holder.wait()
    with lock(home):
        assert (home / "lock").read_text() == f"{os.getpid()}\n"


def test_a_home_is_free_after_the_block_also_when_it_raises(home):
    for _ in range(2):
        with pytest.raises(KeyError), lock(home):
            raise KeyError
    assert (home / "lock").read_text() == ""


def test_a_home_in_use_by_this_process(home):
    with lock(home), pytest.raises(HomeInUse, match=rf"already in use by this process \({os.getpid()}\)"), lock(home):
        pytest.fail("locked twice")


def test_a_place_where_no_home_can_be(home):
    home.write_text("a file")
    with pytest.raises(InvalidArgument, match=r"home cannot be a home: .*Choose a folder"), lock(home):
        pytest.fail("locked a file")


IDENTITY = {
    "version": "0.1.0",
    "constants": "sha256:0fe1",
    "width": 64,
    "seed": -3,
    "fast": True,
    "rate": 1e-05,
    "largest": float("inf"),
    "name": 'quotes " \\ and \n \t \x00 \x1f \x7f \x85 é 名 😀',
}


def test_an_identity_comes_back(home):
    write_identity(home, IDENTITY)
    assert read_identity(home) == IDENTITY
    assert (home / "trainee.toml").read_text().startswith("# What this agent is")
    assert [path.name for path in home.iterdir()] == ["trainee.toml"]


def test_an_identity_is_not_written_where_it_did_not_change(home, disk):
    write_identity(home, IDENTITY)
    with disk.failing(at=1, crash=True):
        write_identity(home, IDENTITY)
    assert disk.log == ["open"]


def test_a_lone_surrogate_is_replaced(home):
    write_identity(home, {"name": "a\ud800b"})
    assert read_identity(home) == {"name": "a?b"}


@pytest.mark.parametrize(("name", "value"), [("two words", 1), ("", 1), ("size", None), ("sizes", [1, 2])])
def test_what_no_identity_can_hold_is_refused(home, name, value):
    with pytest.raises(InvalidArgument, match=f"{name}.*use "):
        write_identity(home, {name: value})
    assert not home.exists()


def test_a_failure_at_any_point_leaves_the_old_identity_or_the_new_one(home, disk):
    write_identity(home, {"seed": 0})
    with disk.failing(at=10_000, crash=False):
        write_identity(home, {"seed": 1})
    for at in range(len(disk.log)):
        new = {"seed": 2 + at}
        old = read_identity(home)
        with pytest.raises(SaveFailed, match=r"trainee.toml could not be written"), disk.failing(at, crash=False):
            write_identity(home, new)
        assert read_identity(home) in (old, new)
        assert [path.name for path in home.iterdir()] == ["trainee.toml"]


def test_no_identity(home):
    with pytest.raises(NothingSaved, match=r"there is no trainee\.toml"):
        read_identity(home)


@pytest.mark.parametrize("text", ["seed = ", "seed", b"\xff"])
def test_an_identity_that_is_not_toml(home, text):
    home.mkdir()
    (home / "trainee.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DamagedPart, match=r"trainee.toml cannot be read"):
        read_identity(home)


def test_the_heading_is_a_comment():
    assert tomllib.loads(HEADING) == {}
