"""A bounded load on a service of its own, on loopback: decisions and their rewards at a fixed rate, learning on.

It measures how long decisions and rewards take, whether memory stays flat, and, against this program's own list,
whether anything that was acknowledged is missing from the record. It stops by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from trainee.record.log import EventLog

JOB = {
    "job": "load",
    "observation_space": {"type": "Box", "shape": [4], "dtype": "float32", "low": "-inf", "high": "inf"},
    "action_space": {"type": "Discrete", "n": 2},
    "reward_window_s": 60,
}
EPISODE = 200
RESULTS = Path(__file__).parent / "results" / "load.md"


class Connection:
    """One keep-alive connection, with as little between as there can be: the load must not be what is measured."""

    def __init__(self, port: int):
        self._port = port

    async def open(self) -> Connection:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Make a call; returns its status and what it answered."""
        text = json.dumps(body).encode()
        lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", "content-type: application/json"]
        head = "\r\n".join([*lines, f"content-length: {len(text)}", "", ""])
        self._writer.write(head.encode() + text)
        raw = await self._reader.readuntil(b"\r\n\r\n")
        length = int(raw.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        return int(raw[9:12]), json.loads(await self._reader.readexactly(length))

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


class Load:
    """What was asked, and what came back."""

    def __init__(self) -> None:
        self.decisions: list[str] = []
        self.rewards: list[tuple[str, str]] = []
        self.decided_s: list[float] = []
        self.rewarded_s: list[float] = []
        self.refused: dict[int, int] = {}

    async def worker(self, port: int, number: int, every_s: float, until: float) -> None:
        """One client: episodes of `EPISODE` decisions, one decision every so often, whatever the answers take."""
        connection, chance = await Connection(port).open(), random.Random(number)
        at = time.perf_counter() + chance.random() * every_s
        while time.perf_counter() < until:
            _, begun = await connection.post("/v1/jobs/load/episodes", {})
            for sequence in range(EPISODE):
                at += every_s
                await asyncio.sleep(max(at - time.perf_counter(), 0))
                if time.perf_counter() > until:
                    break
                observation = [chance.uniform(-1, 1) for _ in range(4)]
                asked = {"event_id": f"{sequence}", "sequence": sequence, "observation": observation}
                started = time.perf_counter()
                status, answer = await connection.post(f"/v1/episodes/{begun['episode']}/decisions", asked)
                self.decided_s.append(time.perf_counter() - started)
                if status != 200:
                    self.refused[status] = self.refused.get(status, 0) + 1
                    continue
                self.decisions.append(answer["decision"])
                reward = {"reward_id": f"r{sequence}", "value": observation[0] * (1 - 2 * answer["action"])}
                started = time.perf_counter()
                status, _ = await connection.post(f"/v1/decisions/{answer['decision']}/rewards", reward)
                self.rewarded_s.append(time.perf_counter() - started)
                if status == 200:
                    self.rewards.append((answer["decision"], reward["reward_id"]))
                else:
                    self.refused[status] = self.refused.get(status, 0) + 1
            await connection.post(f"/v1/episodes/{begun['episode']}/end", {"truncated": True, "observation": [0] * 4})
        connection.close()


def serving(home: Path) -> tuple[subprocess.Popen[str], int]:
    """A service in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "trainee.cli", "serve", "--home", str(home), "--port", str(port)]
    return subprocess.Popen(command, text=True, stdout=subprocess.DEVNULL), port


async def reached(port: int, patience_s: float = 120.0) -> Connection:
    """A connection to a service, once it answers."""
    until = time.monotonic() + patience_s
    while True:
        try:
            connection = await Connection(port).open()
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.2)
        else:
            return connection


def resident_mb(pid: int) -> float:
    """Memory of a process, and of those that it has started, that is in use."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    started = [path.read_text(encoding="utf-8").split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    children = [child for each in started for child in each]
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20 + sum(resident_mb(int(child)) for child in children)


async def measured(port: int, pid: int, rate: float, seconds: float, clients: int) -> tuple[Load, list[float]]:
    """The load, and the service's memory every ten seconds."""
    connection = await reached(port)
    status, answer = await connection.post("/v1/jobs", JOB)
    assert status == 201, answer
    load, memory = Load(), []
    until = time.perf_counter() + seconds
    tasks = [asyncio.create_task(load.worker(port, i, clients / rate, until)) for i in range(clients)]
    while time.perf_counter() < until:
        await asyncio.sleep(min(10.0, seconds / 10))
        memory.append(resident_mb(pid))
    await asyncio.gather(*tasks)
    connection.close()
    return load, memory


def missing(home: Path, load: Load) -> int:
    """How many acknowledged events are not in the record."""
    log = EventLog(f"sqlite:///{home / 'events.db'}", alone=False)
    keys = [f"d:{decision}" for decision in load.decisions] + [f"r:{d}:{r}" for d, r in load.rewards]
    found = sum(len(log.found(keys[i : i + 500])) for i in range(0, len(keys), 500))
    log.close()
    return len(keys) - found


def main() -> None:
    """Run the load and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=500.0, help="decisions a second")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/results/load.md")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        process, port = serving(home)
        try:
            load, memory = asyncio.run(measured(port, process.pid, asked.rate, asked.seconds, asked.clients))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        lost = missing(home, load)
    decided, rewarded = 1000 * np.array(load.decided_s), 1000 * np.array(load.rewarded_s)
    half = len(memory) // 2
    lines = [
        f"| decisions a second asked for, for {asked.seconds:.0f} s from {asked.clients} clients | {asked.rate:.0f} |",
        f"| decisions a second made | {len(load.decisions) / asked.seconds:.0f} |",
        f"| decision, ms, median and 99 of 100 | {np.median(decided):.1f}, {np.percentile(decided, 99):.1f} |",
        f"| reward, ms, median and 99 of 100 | {np.median(rewarded):.1f}, {np.percentile(rewarded, 99):.1f} |",
        f"| memory of both its processes, MB, at half time and at the end | {memory[half]:.0f}, {memory[-1]:.0f} |",
        f"| acknowledged, and of these not in the record | {len(load.decisions) + len(load.rewards):,}, {lost} |",
        f"| refused, by status | {load.refused or 'none'} |",
    ]
    table = "\n".join(["| | |", "|---|---|", *lines])
    print(table)
    if asked.write:
        RESULTS.write_text(
            f"# A load on the service\n\n`benchmarks/load.py`, on 2 cores with learning on.\n\n{table}\n"
        )


if __name__ == "__main__":
    main()
