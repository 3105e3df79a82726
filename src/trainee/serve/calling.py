"""Calling: what all routes have in common. Who may make a call, and how calls can be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer, SecurityScopes

from trainee.serve import answers, bodies, reading
from trainee.serve.refusals import STATUS
from trainee.serve.security import Caller
from trainee.serve.service import Service

MOST = 500
Before = Annotated[int | None, Query(ge=0, le=2**62, description="only what is before this number")]
Limit = Annotated[int, Query(ge=1, le=MOST)]
OnlyJob = Annotated[str | None, Query(pattern=bodies.NAME)]
# What any call can be refused for, and one that says something besides.
ALWAYS = "no_key", "not_allowed", "too_fast", "record_unavailable", "internal"
SAYING = "not_json", "too_slow", "too_large", "not_json_type", "invalid"
KEY = HTTPBearer(auto_error=False, scheme_name="key", description="`trainee keys make` makes one")


class CheckedRoute(APIRoute):
    """A route whose query and JSON are looked at before anybody reads them."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """See `APIRoute`."""
        answer, names = super().get_route_handler(), {field.alias for field in self.dependant.query_params}

        async def checked(request: Request) -> Any:
            reading.once(name for name, _ in request.query_params.multi_items() if name in names)
            if request.method in ("POST", "PUT"):
                reading.check(await request.body())
            return await answer(request)

        return checked


def refusals(*codes: str, always: tuple[str, ...] = ALWAYS) -> dict[int | str, dict[str, Any]]:
    """How calls are refused, as the document has it."""
    told: dict[int | str, list[str]] = {}
    for code in (*always, *codes):
        told.setdefault(STATUS[code], []).append(code)
    return {status: {"model": answers.Refusal, "description": ", ".join(told[status])} for status in told}


def linked(**calls: str) -> dict[str, Any]:
    """Which calls go on from an answer, and which of its fields they are made with."""
    return {
        "links": {
            call: {"operationId": call, "parameters": {field: f"$response.body#/{field}"}}
            for call, field in calls.items()
        }
    }


async def service_of(request: Request) -> Service:
    """The service that answers. Not a plain function, which would be called in another thread."""
    return request.app.state.service


async def caller_of(request: Request, wanted: SecurityScopes, _: Annotated[Any, Depends(KEY)]) -> Caller:
    """Who calls, as the gate knows, where they may do this."""
    caller: Caller = request.scope["caller"]
    for scope in wanted.scopes:
        caller.may(scope)
    return caller


Serving = Annotated[Service, Depends(service_of)]
Anyone = Annotated[Caller, Security(caller_of)]
Decider = Annotated[Caller, Security(caller_of, scopes=["decide"])]
Rewarder = Annotated[Caller, Security(caller_of, scopes=["reward"])]
Watcher = Annotated[Caller, Security(caller_of, scopes=["watch"])]
Releaser = Annotated[Caller, Security(caller_of, scopes=["release"])]
Controller = Annotated[Caller, Security(caller_of, scopes=["control"])]
Noter = Annotated[Caller, Security(caller_of, scopes=["decide", "reward"])]
