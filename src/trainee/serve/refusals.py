"""Refusals: how a call that cannot be done is answered. The one place where errors become HTTP.

Every error is `{"error": {"code", "message", "retry"}}`; `docs/serving.md` has the table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from trainee.errors import InvalidArgument, RecordError, RecordFull, TraineeError, UnfitTimeStep, UnsupportedSpace
from trainee.workshop import WorkshopGone

# Status of each code that a call can be refused with.
STATUS = {
    "not_json": 400,
    "no_key": 401,
    "not_allowed": 403,
    "unknown_job": 404,
    "unknown_episode": 404,
    "unknown_decision": 404,
    "unknown_release": 404,
    "in_flight": 409,
    "out_of_sequence": 409,
    "episode_over": 409,
    "wrong_stage": 409,
    "too_large": 413,
    "not_json_type": 415,
    "invalid": 422,
    "unfit": 422,
    "used_before": 422,
    "too_fast": 429,
    "full": 503,
    "record_unavailable": 503,
    "not_ready": 503,
    "too_slow": 408,
    "internal": 500,
}
# After so many seconds it is worth while to try again.
RETRY_S = 1
# What errors of ours are answered as; the first that fits.
CODES = (
    (RecordFull, "full"),
    (RecordError, "record_unavailable"),
    (UnfitTimeStep, "unfit"),
    (UnsupportedSpace, "unfit"),
    (InvalidArgument, "invalid"),
    (WorkshopGone, "not_ready"),
)
RETRIED = {"in_flight", "too_fast", "full", "record_unavailable", "not_ready"}


class Refused(TraineeError):
    """A call that cannot be done.

    Attributes:
      code: one of `STATUS`.
    """

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


def refusal(code: str, message: str, status: int | None = None) -> JSONResponse:
    """The answer to a call that cannot be done."""
    status = STATUS.get(code, status or 500)
    # What is under way is over in a moment, and a second would be long.
    headers = {"Retry-After": str(RETRY_S)} if status in (429, 503) else None
    body = {"error": {"code": code, "message": message, "retry": code in RETRIED}}
    return JSONResponse(body, status, headers)


def code_of(error: TraineeError) -> str:
    """The code that stands for an error of ours."""
    if isinstance(error, Refused):
        return error.code
    return next((code for kind, code in CODES if isinstance(error, kind)), "internal")


def answered(error: TraineeError) -> JSONResponse:
    """The answer that stands for an error of ours."""
    return refusal(code_of(error), str(error))


def used_before(key: str) -> Refused:
    """The refusal of a call whose id stands for another one; `key` is that of its event."""
    kind, _, rest = key.partition(":")
    what = {"d": "event_id or sequence", "r": "reward_id", "j": "job", "b": "episode", "e": "episode"}.get(kind, "id")
    return Refused("used_before", f"{what} {rest!r} was used before, for something else: choose another")


def install(app: FastAPI) -> None:
    """Let an app answer all its errors in this form."""

    async def ours(_: Request, error: Any) -> JSONResponse:
        return answered(error)

    async def unreadable(_: Request, error: Any) -> JSONResponse:
        return refusal(*misread(error.errors()))

    async def http(request: Request, error: Any) -> JSONResponse:
        code = {400: "not_json", 404: "unknown_path", 405: "wrong_method"}.get(error.status_code, "invalid")
        answer = refusal(code, str(error.detail), error.status_code)
        answer.headers.update(error.headers or {})
        if error.status_code == 405:
            # A router names the methods of the first route of this path only.
            answer.headers["Allow"] = ", ".join(methods(app, request.url.path)) or answer.headers.get("Allow", "GET")
        return answer

    app.add_exception_handler(TraineeError, ours)
    app.add_exception_handler(RequestValidationError, unreadable)
    app.add_exception_handler(HTTPException, http)


def methods(app: FastAPI, path: str) -> list[str]:
    """With which methods a path can be called."""
    calls = app.openapi()["paths"].items()
    found = [each for pattern, each in calls if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path)]
    return sorted(method.upper() for each in found for method in each)


def misread(faults: Sequence[Any], skip: int = 1) -> tuple[str, str]:
    """Code and message of what is wrong with a call; values are left out, since JSON may not be able to say them.

    Args:
      faults: as pydantic lists them.
      skip: how many parts of each place say only where in the call it is.
    """
    if any(fault["type"] == "json_invalid" for fault in faults):
        return "not_json", f"the body is not JSON: {faults[0].get('ctx', {}).get('error', 'it cannot be read')}"
    told = [f"{'.'.join(str(part) for part in fault['loc'][skip:]) or 'body'}: {fault['msg']}" for fault in faults[:5]]
    return "invalid", "; ".join(told)
