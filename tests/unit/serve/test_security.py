"""Security: every call with every key, keys that come and go, other tenants' jobs."""

from __future__ import annotations

import itertools
import json
import re
import time

import pytest

from commits import until
from serving import JOB, Served, decision
from trainee.record.keys import SCOPES
from trainee.serve import Settings, create_app

OPEN = {("get", "/healthz"), ("get", "/readyz")}
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
# What is sent to each call that says something; all of it is fit to be taken.
BODIES = {
    "/v1/jobs": JOB,
    "/v1/jobs/{job}/episodes": {},
    "/v1/episodes/{episode}/decisions": decision(),
    "/v1/episodes/{episode}/end": {"terminated": True},
    "/v1/decisions/{decision}/rewards": {"reward_id": "r", "value": 1},
    "/v1/decisions/{decision}/override": {"action": 1},
    "/v1/events:batch": {"events": [{"kind": "episode", "job": "plant", "episode": "noted"}]},
    "/v1/control": {"job": "plant", "mode": "agent"},
    "/v1/releases": {"job": "plant"},
    "/v1/releases/{release}/advance": {},
    "/v1/releases/{release}/abort": {},
}


def operations() -> list[tuple[str, str, frozenset[str] | None]]:
    """Method, path and scopes of each call in the document; None where it is open to all."""
    found = []
    for path, calls in create_app(Settings("home")).openapi()["paths"].items():
        for method, call in calls.items():
            wanted = [frozenset(each["key"]) for each in call.get("security", [])]
            assert len(wanted) <= 1
            found.append((method, path, wanted[0] if wanted else None))
    return found


@pytest.fixture(scope="module")
def guarded(tmp_path_factory) -> Served:
    """A service with keys, jobs `plant` and `theirs`, and something in each."""
    served = Served(tmp_path_factory.mktemp("guarded")).start()
    for job in ("plant", "theirs"):
        served.job(job)
        served.begin(job, f"in-{job}")
        served.decide(f"in-{job}")
    served.release = served.ok("POST", "/v1/releases", {"job": "theirs"})["release"]
    served.tokens = {scopes: served.service.keys.make("-".join(scopes), scopes) for scopes in COMBINATIONS}
    served.limited = served.service.keys.make("limited", SCOPES, ["plant"])
    until(lambda: served.call("GET", "/v1/me", key=served.limited).status == 200)
    yield served
    served.stop()
    assert served.faults == []


COMBINATIONS = [*itertools.combinations(sorted(SCOPES), 1), *itertools.combinations(sorted(SCOPES), 4), tuple(SCOPES)]


def called(served: Served, method: str, path: str, key: str | None, job: str = "plant"):
    names = {"job": job, "episode": f"in-{job}", "decision": f"in-{job}.0", "release": served.release}
    body = json.loads(json.dumps(BODIES[path]).replace('"plant"', f'"{job}"')) if method in ("post", "put") else None
    filled = re.sub(r"\{(\w+)\}", lambda found: names[found[1]], path)
    if filled == "/v1/events":
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        with served.http.stream("GET", filled, headers=headers) as answer:
            return answer.status_code, None if answer.status_code == 200 else answer.read() and answer.json()
    reply = served.call(method.upper(), filled, body, key)
    return reply.status, reply.body


def test_every_call_of_the_document_says_what_it_wants():
    found = operations()
    assert {(method, path) for method, path, scopes in found if scopes is None} == OPEN
    assert all(scopes <= SCOPES for _, _, scopes in found if scopes is not None)
    assert {path for method, path, _ in found if method in ("post", "put")} == set(BODIES)


def named(value):
    """For a test's name: the same in every process, whatever the order of a set is there."""
    return "+".join(sorted(value)) if isinstance(value, frozenset | set) else str(value)


@pytest.mark.parametrize(("method", "path", "scopes"), operations(), ids=named)
def test_every_call_is_for_keys_with_its_scopes(guarded: Served, method, path, scopes):
    if scopes is None:
        assert called(guarded, method, path, None)[0] == 200
        return
    for wrong in (None, "trn_", "x", guarded.tokens[COMBINATIONS[0]][:-1] + "x", f"trn_{'0' * 12}_{'0' * 64}"):
        status, body = called(guarded, method, path, wrong)
        assert (status, body["error"]["code"]) == (401, "no_key"), wrong
    last = guarded.service.log.last()
    for having, token in guarded.tokens.items():
        if not scopes <= set(having):
            status, body = called(guarded, method, path, token)
            assert (status, body["error"]["code"]) == (403, "not_allowed"), having
    assert guarded.service.log.last() == last
    for having, token in guarded.tokens.items():
        if scopes <= set(having):
            status, body = called(guarded, method, path, token)
            assert status not in (401, 403), (having, body)


@pytest.mark.parametrize(("method", "path", "scopes"), [one for one in operations() if one[2]], ids=named)
def test_every_call_is_for_the_jobs_of_its_key(guarded: Served, method, path, scopes):
    last = guarded.service.log.last()
    status, body = called(guarded, method, path, guarded.limited, "theirs")
    assert "theirs" not in repr(body).replace("'theirs': make it", "").replace("in-theirs", "").replace(
        "not for job 'theirs'", ""
    ).replace("no job 'theirs'", "")
    if path == "/v1/events:batch":
        result = body["results"][0]
        assert (result["status"], result["code"]) == (404, "unknown_job")
    elif path in ("/v1/jobs", "/metrics") and (method == "post" or path == "/metrics"):
        assert (status, body["error"]["code"]) == (403, "not_allowed")
    elif "{" in path or method in ("post", "put"):
        assert status == 404, body
        kind = "release" if path.startswith("/v1/releases/") else (re.findall(r"\{(\w+)\}", path) or ["job"])[0]
        assert body["error"]["code"] == f"unknown_{kind}"
    else:
        assert status == 200
    assert guarded.service.log.last() == last
    # And what there is not is told in the same words as what is another's.
    if status == 404:
        nobody = {"theirs": "nobodys", guarded.release: "0" * 32}
        names = {"job": "nobodys", "episode": "in-nobodys", "decision": "in-nobodys.0", "release": "0" * 32}
        filled = re.sub(r"\{(\w+)\}", lambda found: names[found[1]], path)
        sent = json.loads(json.dumps(BODIES.get(path)).replace('"plant"', '"nobodys"'))
        other = guarded.call(method.upper(), filled, sent, guarded.limited)
        assert other.status == 404
        told = body["error"]["message"]
        for mine, theirs in nobody.items():
            told = told.replace(mine, theirs)
        assert other.body["error"]["message"] == told


def test_queries_for_another_tenants_jobs(guarded: Served):
    for path in ("/v1/events", "/v1/releases"):
        assert guarded.refused("GET", path, key=guarded.limited, params={"job": "theirs"}) == "unknown_job"
    seen = guarded.ok("GET", "/v1/releases", key=guarded.limited)["releases"]
    assert all(release["job"] == "plant" for release in seen)
    assert [job["job"] for job in guarded.ok("GET", "/v1/jobs", key=guarded.limited)["jobs"]] == ["plant"]
    me = guarded.ok("GET", "/v1/me", key=guarded.limited)
    assert me == {"name": "limited", "scopes": sorted(SCOPES), "jobs": ["plant"]}


@pytest.mark.parametrize("method", METHODS)
def test_what_is_in_no_document_is_for_nobody_without_a_key(guarded: Served, method):
    for path in ("/v1/nothing", "/v1", "/docs", "/redoc", "/admin", "//v1/jobs", "/v1/../v1/jobs", "/metrics/"):
        answer = guarded.http.request(method, path)
        assert answer.status_code == 401, path
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_and_the_document_are_open_and_say_nothing_of_jobs(guarded: Served):
    for path in ("/", "/static/main.js", "/openapi.json"):
        reply = guarded.call("GET", path)
        assert reply.status == 200
        assert "theirs" not in str(reply.body)


def test_keys_that_are_made_and_revoked_while_it_runs(serve):
    served = serve()
    served.job()
    assert served.ok("GET", "/v1/me")["name"] == "anyone"
    keys = served.service.keys
    token = keys.make("new", ["watch"])
    started = time.monotonic()
    # From then on nobody comes in without one.
    until(lambda: served.call("GET", "/v1/me").status == 401)
    assert served.ok("GET", "/v1/me", key=token)["name"] == "new"
    assert served.refused("GET", "/v1/me", headers={"authorization": f"Basic {token}"}) == "no_key"
    assert served.ok("GET", "/v1/me", headers={"authorization": f"bearer  {token}"})["scopes"] == ["watch"]
    keys.revoke(token.split("_")[1])
    until(lambda: served.call("GET", "/v1/me", key=token).status == 401)
    assert time.monotonic() - started < 5
    # Nor when all there were are revoked.
    assert served.refused("GET", "/v1/me") == "no_key"


def test_a_key_is_nowhere_to_be_read(serve):
    served = serve()
    token = served.service.keys.make("plant", SCOPES)
    until(lambda: served.call("GET", "/v1/me", key=token).status == 200)
    served.ok("POST", "/v1/jobs", JOB, key=token)
    secret = token.split("_")[2]
    for path in ("/v1/me", "/v1/jobs", "/v1/jobs/plant/ledger", "/metrics", "/openapi.json"):
        assert secret not in str(served.call("GET", path, key=token).body)
    assert served.ok("GET", "/v1/jobs/plant/ledger", key=token)["entries"]
    for path in served.home.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes()
    # Names of files in the home are made of what a job's name may hold, and stay within it.
    for job in ("..", ".", "a..b", "-", "CON"):
        assert served.call("POST", "/v1/jobs", {**JOB, "job": job}, key=token).status == 201
    served.restart()
    assert {path.name[:-9] for path in (served.home / "jobs").iterdir()} == {"plant", "job", "a..b", "-", "con"}
