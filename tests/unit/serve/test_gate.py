"""What stands before any route: hosts, origins, headers, limits."""

from __future__ import annotations

import re
import socket
import time

import pytest

from commits import until
from serving import JOB, Served
from trainee.errors import InvalidArgument
from trainee.serve import Settings, gate, protocol, run


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
