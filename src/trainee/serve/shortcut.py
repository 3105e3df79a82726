"""The shortcut: the two calls that come all the time, answered without the machinery that the others go through.

They are routes like the others, which is where they are documented, and what is done is the same. Who calls is known by
now: this stands behind the gate. To find a route, to
solve what it depends on and to wrap it in error handling takes longer than to decide and to record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from trainee.errors import TraineeError
from trainee.serve import bodies, deciding, outcomes
from trainee.serve.access import job_of, job_of_decision
from trainee.serve.gate import Receive, Send
from trainee.serve.reading import read
from trainee.serve.refusals import answered
from trainee.serve.security import Caller
from trainee.serve.service import Service

HEADERS = [(b"content-type", b"application/json")]
# Whatever else is called is for the routes to refuse.
NAME = re.compile(r"[A-Za-z0-9._-]{1,128}")
Act = Callable[[Service, Caller, str, Any], Awaitable[dict[str, Any]]]


async def decide(service: Service, caller: Caller, episode: str, asked: bodies.NewDecision) -> dict[str, Any]:
    """What is seen, and what to do."""
    return await deciding.decide(service, await job_of(service, caller, episode), episode, asked)


async def reward(service: Service, caller: Caller, decision: str, asked: bodies.NewReward) -> dict[str, Any]:
    """What came of a decision."""
    return await outcomes.reward(service, await job_of_decision(service, caller, decision), decision, asked)


# What stands before and after the name in a path, the scope that is wanted, what is said, and what is done.
CUTS: tuple[tuple[str, str, str, type[BaseModel], Act], ...] = (
    ("/v1/episodes/", "/decisions", "decide", bodies.NewDecision, decide),
    ("/v1/decisions/", "/rewards", "reward", bodies.NewReward, reward),
)


class Shortcut:
    """See the module.

    Args:
      app: that answers all else.
      owner: whose state has the service.
    """

    def __init__(self, app: Any, owner: FastAPI):
        self._app, self._owner = app, owner

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and scope["method"] == "POST":
            path = scope["path"]
            for before, after, needed, model, act in CUTS:
                if path.startswith(before) and path.endswith(after):
                    name = path[len(before) : -len(after)]
                    if NAME.fullmatch(name):
                        answer = await self._answer(scope, await receive(), needed, model, act, name)
                        await (_sent(answer, send) if isinstance(answer, dict) else answer(scope, receive, send))
                        return
        await self._app(scope, receive, send)

    async def _answer(self, scope: Any, message: Any, needed: str, model: type[BaseModel], act: Act, name: str) -> Any:
        caller: Caller = scope["caller"]
        try:
            caller.may(needed)
            return await act(self._owner.state.service, caller, name, read(model, message.get("body", b"")))
        except TraineeError as error:
            return answered(error)


async def _sent(answer: dict[str, Any], send: Send) -> None:
    body = json.dumps(answer, separators=(",", ":")).encode()
    headers = [*HEADERS, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
