"""`trainee control` and `trainee release`: who decides at a job of a service, and which version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote

import typer

from trainee.cli.outcome import say
from trainee.errors import InvalidArgument

if TYPE_CHECKING:
    from trainee.jobs.http import Client

Url = Annotated[str, typer.Option(help="Of the service.", envvar="TRAINEE_URL")]
Key = Annotated[str | None, typer.Option(help="An API key, where the service wants one.", envvar="TRAINEE_KEY")]
Reason = Annotated[str | None, typer.Option(help="Why; it is kept in the ledger.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
USUAL_URL = "http://127.0.0.1:8765"
WHO = {"agent": "the agent decides", "paused": "paused: the baseline decides", "person": "a person decides"}

release = typer.Typer(help="Releases: a new version's way into work, in stages.", no_args_is_help=True)


def control(
    job: Annotated[str, typer.Argument(help="Which job.")],
    mode: Annotated[
        Literal["agent", "paused", "person"] | None,
        typer.Argument(help="`paused`: the baseline decides. `person`: you take over. `agent`: you hand back."),
    ] = None,
    action: Annotated[
        str | None,
        typer.Option(help="As JSON: what is to be done while a person is in charge, until another is given."),
    ] = None,
    reason: Reason = None,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Pause a job of a service, take over, or hand back; without a mode, say who decides."""
    with _called(url, key) as client:
        if mode is None:
            if action is not None or reason is not None:
                raise InvalidArgument("--action and --reason go with a mode: say who is to decide")
            now = client.call("GET", f"/v1/jobs/{quote(job, safe='')}")["control"]
        else:
            asked = {"job": job, "mode": mode, "action": _read(action), "reason": reason}
            told = {name: value for name, value in asked.items() if value is not None}
            now = client.call("PUT", "/v1/control", told)
    by = f", as {now['by']} says" if now["by"] else ""
    doing = "" if now["action"] is None else f": {json.dumps(now['action'])}"
    say(as_json, {"job": job, **now}, f"{job}: {WHO[now['mode']]}{doing}{by}{_because(now['reason'])}")


@release.command("begin")
def begin(
    job: Annotated[str, typer.Argument(help="For which job.")],
    source: Annotated[
        str,
        typer.Option(help="`live`, an earlier version such as `v3`, or `import:NAME` of the home's imports."),
    ] = "live",
    share: Annotated[float | None, typer.Option(help="Of the episodes, the canary's; by default half.")] = None,
    approval: Annotated[
        Literal["person", "automatic"], typer.Option(help="Whether a person lets it into each stage.")
    ] = "person",
    reason: Reason = None,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Freeze a version, and let it decide in the shadow."""
    asked = {"job": job, "source": source, "share": share, "approval": approval, "reason": reason}
    with _called(url, key) as client:
        told = client.call("POST", "/v1/releases", {name: told for name, told in asked.items() if told is not None})
    _show(told, as_json)


@release.command("advance")
def advance(
    release: Annotated[str, typer.Argument(help="Its id.")],
    reason: Reason = None,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Let a release into its next stage."""
    _move(release, "advance", reason, url, key, as_json)


@release.command("abort")
def abort(
    release: Annotated[str, typer.Argument(help="Its id.")],
    reason: Reason = None,
    url: Url = USUAL_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Call a release off; what served before serves again."""
    _move(release, "abort", reason, url, key, as_json)


@release.command("list")
def listed(url: Url = USUAL_URL, key: Key = None, as_json: AsJson = False) -> None:
    """Show the newest releases, what their gates say, and how much was measured."""
    with _called(url, key) as client:
        for told in client.call("GET", "/v1/releases")["releases"]:
            _show(told, as_json)


def _move(release: str, how: str, reason: str | None, url: str, key: str | None, as_json: bool) -> None:
    with _called(url, key) as client:
        _show(
            client.call("POST", f"/v1/releases/{quote(release, safe='')}/{how}", {"reason": reason} if reason else {}),
            as_json,
        )


def _show(told: dict[str, Any], as_json: bool) -> None:
    last = told["history"][-1]
    lines = [f"{told['job']} {told['version']}: {told['stage']}, by {last['by']}{_because(last['why'])}"]
    lines += [f"  {verdict['gate']:12} {verdict['outcome']:13} {verdict['why']}" for verdict in told["verdicts"]]
    say(as_json, told, "\n".join([*lines, f"  release {told['release']}"]))


def _because(reason: str | None) -> str:
    return f" ({reason})" if reason else ""


def _read(action: str | None) -> Any:
    if action is None:
        return None
    try:
        return json.loads(action)
    except ValueError as error:
        raise InvalidArgument(f"--action {action!r:.80} is not JSON: {error}. Say it as in 1 or '[0.5, -1]'") from None


@contextmanager
def _called(url: str, key: str | None) -> Iterator[Client]:
    from trainee.jobs.http import Client  # noqa: PLC0415 kept out of --help

    with Client(url, key) as client:
        yield client
