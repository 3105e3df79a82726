"""Security: every call with every key, other tenants' jobs, hosts, origins, headers, limits."""

from __future__ import annotations

import itertools
import json
import re
import socket
import time

import pytest

from commits import until
from serving import JOB, Served, decision
from trainee.errors import InvalidArgument
from trainee.record.keys import SCOPES
from trainee.serve import Settings, create_app, gate, protocol, run

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


def test_beyond_this_machine_it_is_not_served_without_keys(tmp_path):
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org", ""):
        with pytest.raises(InvalidArgument, match="there are no keys yet"):
            run(Settings(tmp_path / "home", host=host))
    for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        assert Settings(tmp_path, host=host).loopback


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:1", True),
        ("localhost", True),
        ("LOCALHOST:80", True),
        ("[::1]:8765", True),
        ("plant.example:1", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example:8765", False),
        ("", False),
        ("[::1", False),
        ("0.0.0.0", False),
        ("192.168.1.1", False),
    ],
)
def test_it_is_called_by_its_own_names_only(tmp_path_factory, named: Served, host, allowed):
    for path in ("/", "/healthz", "/v1/jobs"):
        reply = named.call("GET", path, headers={"host": host})
        assert (reply.status == 200) == allowed
        if not allowed:
            assert (reply.status, reply.code) == (403, "not_allowed")


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("named"), hosts=("Plant.example",)).start()
    yield served
    served.stop()


@pytest.mark.parametrize("origin", ["null", "https://evil.example", "http://127.0.0.1", "http://localhost:1", "x", ""])
def test_other_sites_pages_cannot_call(named: Served, origin):
    for method, path, body in (("GET", "/v1/jobs", None), ("POST", "/v1/jobs", JOB), ("PUT", "/v1/control", {})):
        assert named.refused(method, path, body, headers={"origin": origin}) == "not_allowed"
    own = {"origin": f"http://127.0.0.1:{named.port}"}
    assert named.call("GET", "/v1/jobs", headers=own).status == 200
    # No answer says that another site's page may read it, whatever it asks.
    asked = {"origin": origin, "access-control-request-method": "POST"}
    answer = named.http.options("/v1/jobs", headers=asked)
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_a_form_cannot_call(named: Served):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert named.refused("POST", "/v1/jobs", b"{}", headers={"content-type": kind}) == "not_json_type"
    assert named.service.jobs == {}


def test_every_answer_has_the_headers_that_keep_a_browser_from_harm(named: Served, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("trainee.serve.views.job_view", broken)
    monkeypatch.setitem(named.service.jobs, "x", None)
    reply = named.call("GET", "/v1/jobs")
    # A defect is told as one, without what it says.
    assert (reply.status, reply.code) == (500, "internal")
    assert "secret" not in str(reply.body)
    assert len(named.faults) == 1
    named.faults.clear()
    monkeypatch.undo()
    for path in ("/", "/static/main.js", "/static/none", "/openapi.json", "/healthz", "/metrics", "/v1/none"):
        named.call("GET", path)
    headers = named.call("GET", "/").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["cache-control"] == "no-store"
    assert dict(gate.HEADERS)[b"x-content-type-options"] == b"nosniff"


def test_the_page_needs_nothing_that_its_policy_forbids(named: Served):
    page = named.call("GET", "/").body
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"\son\w+=|javascript:|<style|\sstyle=", page)
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)


def test_more_calls_than_a_key_may_make_are_refused(serve):
    served = serve(calls_per_s=20)
    served.job()
    replies = [served.call("GET", "/v1/me") for _ in range(60)]
    refused = [reply for reply in replies if reply.status == 429]
    assert len(refused) > 5
    assert {(reply.code, reply.headers["retry-after"]) for reply in refused} == {("too_fast", "1")}
    # Whether it lives may be asked at any time, and another key has calls of its own.
    assert served.call("GET", "/healthz").status == 200
    token = served.service.keys.make("other", ["watch"])
    until(lambda: served.call("GET", "/v1/me", key=token).status == 200)
    time.sleep(0.3)
    assert served.call("GET", "/v1/me", key=token).status == 200


def test_bodies_within_bounds_of_size_and_time(serve):
    served = serve(body_bytes=1_000, body_s=0.3)
    served.job()
    assert served.refused("POST", "/v1/jobs", {**JOB, "job": "x", "more": "x" * 1_000}) == "too_large"
    head = "POST /v1/jobs/plant/episodes HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(f"{head}content-length: 2\r\n\r\n{{".encode())
        assert b"HTTP/1.1 408 " in connection.recv(10_000)
    assert 0.25 < time.monotonic() - started < 5
    assert served.events("episode_begun") == []


def test_heads_within_bounds_of_size_and_time(serve, monkeypatch):
    monkeypatch.setattr(protocol, "HEAD_S", 0.3)
    served = serve()

    def hung_up(*pieces: bytes) -> bool:
        """Whether the service hangs up on who sends this, bit by bit, and never more."""
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(0.02)
                return connection.recv(1000) == b""
            except (ConnectionError, BrokenPipeError):
                return True

    assert hung_up()
    assert hung_up(b"GET / HTTP/1.1\r\n")
    assert hung_up(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n", *[b"x: y\r\n"] * 20)
    # One endless header, one endless line, endless headers.
    monkeypatch.setattr(protocol, "HEAD_S", 30)
    assert hung_up(b"GET / HTTP/1.1\r\nx: ", *[b"x" * 10_000] * 20)
    assert hung_up(b"GET /", *[b"x" * 10_000] * 20)
    assert hung_up(b"GET / HTTP/1.1\r\n", *[b"x: y\r\n" * 2_000] * 20)
    # Who asks one thing after the other may take a while in between.
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
            assert b"200 OK" in connection.recv(10_000)
            time.sleep(0.1)
    assert served.ok("GET", "/healthz") == {"status": "ok"}


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
