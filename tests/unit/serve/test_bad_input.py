"""Bad input: whatever is sent is answered in the documented form, never with a defect, and nothing is recorded."""

from __future__ import annotations

import json
import socket

import pytest

from serving import JOB, SEEN, Served, decision

# Every call that says something, with what it may say; `{episode}` and the like are filled in.
CALLS = {
    "job": ("POST", "/v1/jobs", {**JOB, "job": "bad"}),
    "begin": ("POST", "/v1/jobs/plant/episodes", {"episode": "bad"}),
    "decide": ("POST", "/v1/episodes/{episode}/decisions", decision(1, reward={"value": 1.0})),
    "end": ("POST", "/v1/episodes/{episode}/end", {"truncated": True, "observation": SEEN, "reward": {"value": 1.0}}),
    "reward": ("POST", "/v1/decisions/{episode}.0/rewards", {"reward_id": "r", "value": 1.0}),
    "override": ("POST", "/v1/decisions/{episode}.0/override", {"action": 1, "reason": "so"}),
    "control": ("PUT", "/v1/control", {"job": "plant", "mode": "person", "action": 1, "reason": "so"}),
    "release": ("POST", "/v1/releases", {"job": "plant", "reason": "so"}),
    "advance": ("POST", "/v1/releases/none/advance", {"reason": "so"}),
    "abort": ("POST", "/v1/releases/none/abort", {"reason": "so"}),
    "batch": (
        "POST",
        "/v1/events:batch",
        {"events": [{"kind": "decision", "episode": "{episode}", "sequence": 1, "observation": SEEN, "event_id": "x"}]},
    ),
}


@pytest.fixture
def episode(plant: Served) -> str:
    made = plant.begin()
    plant.decide(made)
    return made


@pytest.fixture(params=CALLS)
def spoken(request, plant: Served, episode):
    """Method, path and body of a call; nothing may be recorded by the end of the test."""
    method, path, body = CALLS[request.param]
    before = plant.service.log.last()
    yield method, path.replace("{episode}", episode), json.dumps(body).replace("{episode}", episode)
    assert plant.service.log.last() == before


NOT_JSON = {
    "nothing": b"",
    "space": b" ",
    "a brace": b"{",
    "text": b"hello",
    "half": b'{"job": "pla',
    "two": b"{}{}",
    "a comma more": b'{"job": "plant",}',
    "single quotes": b"{'job': 'plant'}",
    "a comment": b"{} // nothing",
    "latin-1": '{"job": "käfer"}'.encode("latin-1"),
    "utf-16": '{"job": "plant"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "nul": b"{}\x00",
    "a lone surrogate": b'{"reason": "\\ud800"}',
    "a half pair": b'{"reason": "\\ud83d\\u0041"}',
    "overlong": b'{"reason": "\xc0\xaf"}',
    "too deep": b'{"observation": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep enough": b'{"observation": ' + b"[" * 250 + b"]" * 250 + b"}",
    "too deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "too many digits": b'{"value": ' + b"9" * 5_000 + b"}",
    "NaN": b'{"value": NaN}',
    "infinity": b'{"value": [-Infinity]}',
    "twice": b'{"job": "plant", "job": "other"}',
    "twice inside": b'{"a": [{"value": 1, "value": 2}]}',
    "twice, escaped": b'{"job": "plant", "j\\u006fb": "other"}',
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00C\xbf\xa6\xa3\x02\x00\x00\x00",
}


@pytest.mark.parametrize("sent", NOT_JSON.values(), ids=NOT_JSON)
@pytest.mark.parametrize("spoken", ["decide", "end", "reward", "batch"], indirect=True)
def test_what_is_not_json(plant: Served, spoken, sent):
    method, path, _ = spoken
    reply = plant.call(method, path, sent)
    # Where a field is seen to be wrong first, that is told instead.
    assert (reply.status, reply.code) in ((400, "not_json"), (422, "invalid")), reply


@pytest.mark.parametrize("sent", [b"null", b"[]", b"1", b'"x"', b"true", b'[{"job": "plant"}]', b'{"unknown": 1}'])
def test_what_is_another_thing(plant: Served, spoken, sent):
    method, path, _ = spoken
    code = plant.refused(method, path, sent)
    assert code == "invalid"


def leaves(body, path=()):
    if isinstance(body, dict | list) and body:
        for key, part in body.items() if isinstance(body, dict) else enumerate(body):
            yield from leaves(part, (*path, key))
    yield path


def test_numbers_that_are_none_wherever_they_stand(plant: Served, spoken):
    method, path, text = spoken
    for place in leaves(json.loads(text)):
        if not place:
            continue
        for number in (b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e400", b"9" * 5_000):
            body = json.loads(text)
            part = body
            for key in place[:-1]:
                part = part[key]
            part[place[-1]] = "HERE"
            sent = json.dumps(body).encode().replace(b'"HERE"', number)
            reply = plant.call(method, path, sent)
            if path.endswith("batch") and reply.status == 200:
                assert reply.body["results"][0]["status"] in (404, 422), (place, number, reply)
            else:
                assert reply.status in (400, 404, 422), (place, number, reply)


WORDS = ["\x00", "a\x00b", "\U0001f600", "x" * 100_000, "../../etc/passwd", "'; DROP TABLE events; --", "%00", "\n"]


def test_texts_wherever_they_stand(plant: Served, spoken):
    """Some are fit where anything may be said, and are then refused for another reason or not recorded."""
    method, path, text = spoken
    for place in leaves(json.loads(text)):
        if not place or place[-1] == "reason":
            continue
        # Ids may be made of any letters that can be seen.
        named = place[-1] in ("event_id", "reward_id")
        for word in [word for word in WORDS if not named or not word.isprintable() or len(word) > 128]:
            body = json.loads(text)
            part = body
            for key in place[:-1]:
                part = part[key]
            part[place[-1]] = word
            reply = plant.call(method, path, body)
            if path.endswith("batch") and reply.status == 200:
                assert reply.body["results"][0]["status"] in (404, 422), (place, word, reply)
            else:
                assert reply.status in (404, 422), (place, word, reply)


@pytest.mark.parametrize("word", WORDS)
def test_reasons_may_say_anything_and_come_back_as_they_were(plant: Served, word):
    path, body = "/v1/control", {"job": "plant", "mode": "agent", "reason": word}
    if len(word) > 2_000:
        assert plant.refused("PUT", path, body) == "invalid"
        return
    assert plant.ok("PUT", path, body)["reason"] == word
    assert word in plant.ok("GET", "/v1/jobs/plant/ledger")["entries"][0]["text"]
    assert plant.view()["control"]["reason"] == word


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json+x", "json"]
)
def test_other_types_of_content_are_refused(plant: Served, spoken, kind):
    method, path, text = spoken
    reply = plant.call(method, path, text.encode(), headers={"content-type": kind})
    assert (reply.status, reply.code) == (415, "not_json_type")


def test_json_may_say_its_charset(plant: Served, episode):
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    body = json.dumps(decision(1)).encode()
    assert plant.ok("POST", f"/v1/episodes/{episode}/decisions", body, headers=headers)["sequence"] == 1


def test_bodies_that_are_too_large(plant: Served, spoken):
    method, path, _ = spoken
    large = b'{"reason": "' + b"x" * 2**20 + b'"}'
    assert plant.refused(method, path, large) == "too_large"
    # Also where it comes in pieces and does not say how large it will be.
    pieces = (large[i : i + 50_000] for i in range(0, len(large), 50_000))
    answer = plant.http.request(method, path, content=pieces, headers={"content-type": "application/json"})
    assert plant.checked(method, path, answer).code == "too_large"


def test_a_body_in_pieces_is_read(plant: Served, episode):
    text = json.dumps(decision(1)).encode()
    pieces = (text[i : i + 1] for i in range(len(text)))
    path = f"/v1/episodes/{episode}/decisions"
    answer = plant.http.post(path, content=pieces, headers={"content-type": "application/json"})
    assert plant.checked("POST", path, answer).body["sequence"] == 1


def raw(plant: Served, text: bytes, then_close: bool = False) -> bytes:
    """What the service answers to bytes."""
    with socket.create_connection(("127.0.0.1", plant.port), timeout=10) as connection:
        connection.sendall(text)
        if then_close:
            connection.shutdown(socket.SHUT_WR)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
            if b"\r\n\r\n" in b"".join(parts) and not then_close:
                break
        return b"".join(parts)


def test_what_is_not_http(plant: Served):
    for text in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 100):
        answer = raw(plant, text)
        assert answer.startswith(b"HTTP/1.1 400") or answer == b""
    for text in (
        b"POST /v1/jobs HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: -1\r\n\r\n{}",
        b"POST /v1/jobs HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n{}",
        b"POST /v1/jobs HTTP/1.1\r\nhost: a\r\ncontent-length: " + b"9" * 30 + b"\r\n\r\n{}",
    ):
        assert b" 40" in raw(plant, text)[:13]
    assert plant.ok("GET", "/healthz") == {"status": "ok"}


def test_half_a_body_is_not_taken_for_the_whole(plant: Served):
    before = plant.service.log.last()
    head = b"POST /v1/jobs/plant/episodes HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    raw(plant, head + b"content-length: 100\r\n\r\n{}", then_close=True)
    raw(plant, head + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n", then_close=True)
    assert plant.ok("GET", "/healthz") == {"status": "ok"}
    assert plant.service.log.last() == before


def test_masks_that_are_none(plant: Served, episode):
    path = f"/v1/episodes/{episode}/decisions"
    for mask in ([1, 1], [], {}, "x", 1, [[[]]], [None], [0.5, 0.5]):
        assert plant.refused("POST", path, decision(1, action_mask=mask)) == "unfit"
