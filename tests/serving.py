"""A service to test with: the app behind a real server on loopback, in a thread of this process.

Whatever is called is compared with the OpenAPI document: that there is such an answer, and that it looks like that.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
import uvicorn

from commits import until
from schemas import schema_faults
from trainee.record.events import Event
from trainee.serve import Settings, create_app, gate
from trainee.serve.protocol import LimitedProtocol
from trainee.serve.service import Service
from trainee.workshop.bench import Bench
from watches import Watch

# One signature for nearly all tests, so that it is compiled once in a process.
SPACES = {
    "observation_space": {"type": "Box", "shape": [2], "dtype": "float32", "low": [0, 0], "high": [1, 1]},
    "action_space": {"type": "Discrete", "n": 2},
}
JOB = {"job": "plant", **SPACES, "width": 8, "reward_window_s": 3600}
SEEN = [0.25, 0.5]
# All these services may keep their records in PostgreSQL; some tests are of SQLite's file.
ON_POSTGRESQL = os.environ.get("SERVE_ON") == "postgresql"
of_sqlite = pytest.mark.skipif(ON_POSTGRESQL, reason="it is about SQLite's file")
STARTING = "the service is starting"


@dataclass
class Reply:
    """What a call was answered."""

    status: int
    body: Any
    headers: httpx.Headers

    @property
    def code(self) -> str:
        return self.body["error"]["code"]


class Faults(logging.Handler):
    """Defects of all services of this process, as they tell of them in the log."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.getMessage())


FAULTS = Faults()
logging.getLogger("trainee.serve").addHandler(FAULTS)


class Served:
    """A service, from `start` to `stop`; may be started again on the same home.

    Attributes:
      database: gives the URL of the record of a home, where that is not SQLite in the home.
    """

    database: ClassVar[Callable[[Path], str] | None] = None

    def __init__(self, home: Path, **settings: Any):
        self.home = home
        if Served.database is not None:
            settings.setdefault("database", Served.database(home))
        self.settings = Settings(home, port=0, **settings)
        self._server: uvicorn.Server | None = None

    @property
    def faults(self) -> list[str]:
        """What a test expects it takes out again."""
        return FAULTS.told

    @property
    def service(self) -> Service:
        return self.app.state.service

    def bench(self, job: str = "plant") -> Bench:
        """Where a job is decided and learned: the workshop is a thread of this process here."""
        assert self.service.workshop.inside is not None
        return self.service.workshop.inside.benches[job]

    @contextmanager
    def stuck(self, job: str = "plant") -> Iterator[None]:
        """Whoever asks waits meanwhile."""
        bench, over = self.bench(job), threading.Event()
        ask = bench.ask

        def late(*asked: Any) -> Any:
            over.wait(60)
            return ask(*asked)

        bench.ask = late  # type: ignore[method-assign]
        try:
            yield
        finally:
            bench.ask = ask  # type: ignore[method-assign]
            over.set()

    def start(self, ready: bool = True) -> Served:
        self.app = create_app(self.settings)
        config = uvicorn.Config(
            self.app,
            port=0,
            log_level="critical",
            http=LimitedProtocol,
            ws="none",
            timeout_graceful_shutdown=5,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        server = self._server
        until(lambda: server.started or not self._thread.is_alive(), 60)
        assert server.started
        self.port = server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=self.url, timeout=60)
        self.document = self.app.openapi()
        until(lambda: self.service.problem != STARTING, 120)
        assert not ready or self.service.problem is None
        return self

    def stop(self) -> None:
        if self._server is None:
            return
        self.http.close()
        self.on_loop(self.service.hang_up)
        self._server.should_exit = True
        self._thread.join(60)
        assert not self._thread.is_alive()
        self._server = None

    def restart(self) -> Served:
        self.stop()
        return self.start()

    def call(self, method: str, path: str, body: Any = None, key: str | None = None, **more: Any) -> Reply:
        """Make a call; `body` is sent as JSON, or as it is where it is bytes."""
        headers = dict(more.pop("headers", {}))
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        if isinstance(body, bytes):
            headers.setdefault("content-type", "application/json")
            more["content"] = body
        elif body is not None:
            more["json"] = body
        answer = self.http.request(method, path, headers=headers, **more)
        return self.checked(method, path, answer)

    def checked(self, method: str, path: str, answer: httpx.Response) -> Reply:
        """An answer, if it is one that the document has."""
        told = {name.encode(): value.encode() for name, value in answer.headers.items()}
        assert dict(gate.HEADERS).items() <= told.items()
        if not answer.headers.get("content-type", "").startswith("application/json"):
            return Reply(answer.status_code, answer.text, answer.headers)
        reply = Reply(answer.status_code, answer.json(), answer.headers)
        if answer.status_code >= 400:
            error = reply.body["error"]
            assert reply.body == {"error": error}
            assert set(error) == {"code", "message", "retry"}
            assert ("retry-after" in answer.headers) == (answer.status_code in (429, 503))
            assert error["retry"] == (answer.status_code in (429, 503) or error["code"] == "in_flight")
        documented = self._operation(method, path)
        if documented is not None:
            answers = documented["responses"]
            assert str(reply.status) in answers, (method, path, reply)
            if reply.status >= 400 and reply.code != "unknown_path":
                assert reply.code in answers[str(reply.status)]["description"].split(", "), (method, path, reply)
            else:
                self._looks_like(answers[str(reply.status)], reply.body)
        return reply

    def ok(self, method: str, path: str, body: Any = None, key: str | None = None, **more: Any) -> Any:
        reply = self.call(method, path, body, key, **more)
        assert reply.status in (200, 201), reply
        return reply.body

    def refused(self, method: str, path: str, body: Any = None, key: str | None = None, **more: Any) -> str:
        """The code with which a call is refused."""
        reply = self.call(method, path, body, key, **more)
        assert reply.status >= 400, reply
        return reply.code

    def job(self, name: str = "plant", **more: Any) -> str:
        self.ok("POST", "/v1/jobs", {**JOB, "job": name, **more})
        return name

    def begin(self, job: str = "plant", episode: str | None = None) -> str:
        body = {} if episode is None else {"episode": episode}
        return self.ok("POST", f"/v1/jobs/{job}/episodes", body)["episode"]

    def decide(self, episode: str, sequence: int = 0, **more: Any) -> Any:
        return self.ok("POST", f"/v1/episodes/{episode}/decisions", decision(sequence, **more))

    def reward(self, made: str, value: float = 1.0, reward_id: str = "r", **more: Any) -> Any:
        return self.ok("POST", f"/v1/decisions/{made}/rewards", {"reward_id": reward_id, "value": value, **more})

    def end(self, episode: str, **more: Any) -> Any:
        body = more or {"terminated": True}
        return self.ok("POST", f"/v1/episodes/{episode}/end", body)

    def worked(self, steps: int, job: str = "plant", value: float = 1.0) -> str:
        """An episode from its beginning to its end."""
        episode, reward = self.begin(job), {"reward": {"value": value}}
        for sequence in range(steps):
            self.decide(episode, sequence, **(reward if sequence else {}))
        self.end(episode, terminated=True, **reward)
        return episode

    def view(self, job: str = "plant") -> Any:
        return self.ok("GET", f"/v1/jobs/{job}")

    def control(self, mode: str, job: str = "plant", **more: Any) -> Any:
        return self.ok("PUT", "/v1/control", {"job": job, "mode": mode, **more})

    def events(self, *kinds: str) -> list[Event]:
        """What is in the record."""
        return self.service.log.after(0, 1_000_000, None, kinds or None)

    def learned(self, job: str = "plant") -> None:
        """Wait until all that there is to learn was."""
        place = self.service.places[job]
        until(lambda: place.cursor >= self.service.jobs[job].last, 60)

    def on_loop(self, work: Callable[[], Any]) -> Any:
        """Do something where the service lives."""

        async def done() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(done(), self.service._loop).result(30)

    @contextmanager
    def watching(self, key: str | None = None, last: Any = None, **query: Any) -> Iterator[Watch]:
        """Listen to `GET /v1/events`."""
        headers: dict[str, Any] = {} if key is None else {"authorization": f"Bearer {key}"}
        if last is not None:
            headers["last-event-id"] = last if isinstance(last, bytes) else str(last)
        told = {"params": query, "headers": headers}
        with (
            httpx.Client(base_url=self.url, timeout=20) as client,
            client.stream("GET", "/v1/events", **told) as answer,
        ):
            assert answer.status_code == 200, answer.read()
            yield Watch(answer)

    def _operation(self, method: str, path: str) -> Any:
        for pattern, operations in self.document["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path.partition("?")[0]):
                return operations.get(method.lower())
        return None

    def _looks_like(self, documented: Any, body: Any) -> None:
        schema = documented["content"]["application/json"]["schema"]
        faults = list(schema_faults(self.document, schema, body, "answer"))
        assert not faults, faults


def decision(sequence: int = 0, **more: Any) -> dict[str, Any]:
    return {"event_id": f"e{sequence}", "sequence": sequence, "observation": SEEN, **more}
