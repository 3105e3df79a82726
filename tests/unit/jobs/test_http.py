"""The client: what it says, and what it does where the service is busy, gone or something else."""

from __future__ import annotations

import json

import httpx
import numpy as np
import pytest
from gymnasium import spaces

from trainee.errors import UnfitTimeStep
from trainee.jobs import http
from trainee.jobs.http import CallRefused, Client, NotReached, RemoteEpisode, RemoteJob

DONE = spaces.Tuple([spaces.MultiDiscrete([9, 9]), spaces.Box(-1, 1, (1,))])
REFUSED = {"error": {"code": "not_ready", "message": "wait a moment", "retry": True}}


class Service:
    """Answers what it is told to, one after the other, and the last of it for ever; and remembers what it was asked."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def __call__(self, request):
        self.asked.append((request.method, request.url.path, json.loads(request.content) if request.content else None))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(*answer) if isinstance(answer, tuple) else answer


@pytest.fixture
def waits(monkeypatch):
    found = []
    monkeypatch.setattr(http.time, "sleep", found.append)
    return found


def client(*answers):
    service, made = Service(*answers), Client("http://there")
    made._http = httpx.Client(base_url="http://there", transport=httpx.MockTransport(service))
    return service, made


def ok(**body):
    return httpx.Response(200, json=body)


def refused(status, retry, **headers):
    error = {**REFUSED["error"], "retry": retry}
    return httpx.Response(status, json={"error": error}, headers=headers)


def test_a_call_is_made_again_where_that_may_help(waits):
    service, made = client(httpx.ConnectError("no route"), refused(503, True), ok(seq=3))
    assert made.call("POST", "/v1/x", {"a": 1}) == {"seq": 3}
    assert service.asked == [("POST", "/v1/x", {"a": 1})] * 3
    assert waits == [0.1, 0.2]


def test_it_waits_for_as_long_as_the_service_says_within_bounds(waits):
    answers = [refused(429, True, **{"Retry-After": said}) for said in ("1", "3600", "soon")]
    _, made = client(*answers, ok())
    made.call("GET", "/v1/x")
    assert waits == [1.0, 60.0, 0.4]


def test_a_service_that_is_not_there_is_given_up_on(waits):
    service, made = client(httpx.ReadTimeout(""))
    # Of what says nothing its kind is told.
    with pytest.raises(NotReached, match=r"http://there/? does not answer: ReadTimeout"):
        made.call("GET", "/v1/x")
    assert len(service.asked) == 6
    assert len(waits) == 5


@pytest.mark.parametrize(
    ("answer", "code", "retry"),
    [
        (refused(422, False), "not_ready", False),
        (httpx.Response(404, text="<html>"), "unknown", False),
        (httpx.Response(500, json=["error"]), "unknown", False),
        (httpx.Response(422, json={"error": "bad"}), "unknown", False),
        (httpx.Response(302, headers={"Location": "/login"}), "unknown", False),
        (httpx.Response(200, text="<html>hello"), "unknown", False),
    ],
)
def test_what_will_not_be_otherwise_is_not_asked_again(answer, code, retry):
    service, made = client(answer)
    with pytest.raises(CallRefused) as told:
        made.call("GET", "/v1/x")
    assert (told.value.status, told.value.code, told.value.retry) == (answer.status_code, code, retry)
    assert len(service.asked) == 1


def episode(*answers):
    service, made = client(*answers)
    job = RemoteJob(made, "valve", spaces.Box(-1, 1, (2,)), DONE)
    return service, RemoteEpisode(job, "e1", "live")


def test_a_decision_is_asked_for_in_json_and_answered_as_an_action():
    service, made = episode(ok(action=[[8, 0], [0.5]], value=1.0))
    mask = np.ones(9, np.int8), np.arange(9) < 3
    baseline = (np.array([1, 2]), np.float32([0.25]))
    action = made.decide(np.float32([0.5, 0]), action_mask=(mask, None), baseline_action=baseline, deadline_ms=20.0)
    assert DONE.contains(action)
    assert made.decision["value"] == 1.0
    assert service.asked[0][1:] == (
        "/v1/episodes/e1/decisions",
        {
            "event_id": "0",
            "sequence": 0,
            "observation": [0.5, 0.0],
            "action_mask": [[[1] * 9, [True] * 3 + [False] * 6], None],
            "baseline_action": [[1, 2], [0.25]],
            "deadline_ms": 20,
        },
    )


def test_a_reward_travels_with_the_next_call_and_once():
    service, made = episode(ok(action=[[8, 0], [0.5]]))
    made.decide([0, 0])
    made.reward(np.float32(1.5))
    made.decide([0, 0])
    made.decide([0, 0])
    made.reward(2)
    made.end([1, 0], terminated=np.bool_(True))
    bodies = [body for _, _, body in service.asked]
    assert [body.get("reward") for body in bodies] == [None, {"value": 1.5}, None, {"value": 2.0}]
    assert [body.get("event_id") for body in bodies] == ["0", "1", "2", None]
    assert bodies[3] == {"terminated": True, "truncated": False, "observation": [1, 0], "reward": {"value": 2.0}}


def test_a_decision_that_was_not_heard_is_asked_for_again_as_the_same(waits):
    service, made = episode(ok(action=[[8, 0], [0.5]]), *[httpx.ReadTimeout("slow")] * 6, ok(action=[[8, 0], [0.5]]))
    made.decide([0, 0])
    made.reward(1.0)
    with pytest.raises(NotReached):
        made.decide([0.5, 0])
    made.decide([0.5, 0])
    asked = [body for _, _, body in service.asked[1:]]
    assert asked == [{"event_id": "1", "sequence": 1, "observation": [0.5, 0], "reward": {"value": 1.0}}] * 7


def test_what_json_cannot_say_is_not_sent():
    service, made = episode(ok())
    with pytest.raises(UnfitTimeStep, match=r"observation is \[nan, 0\]"):
        made.decide([np.nan, 0])
    with pytest.raises(UnfitTimeStep, match="baseline_action"):
        made.decide([0, 0], baseline_action=([1, 2], [np.inf]))
    with pytest.raises(UnfitTimeStep, match="reward is nan"):
        made.reward(np.nan)
    with pytest.raises(UnfitTimeStep, match="observation"):
        made.end([np.nan, 0], truncated=True)
    assert service.asked == []


def test_an_episode_is_begun_once_however_often_it_is_asked_for(waits):
    service, made = client(httpx.ConnectError("gone"), ok(episode="e7", version="v2"))
    job = RemoteJob(made, "valve", spaces.Box(-1, 1, (2,)), DONE)
    with job.episode() as begun:
        assert (begun.id, begun.version, begun.decision) == ("e7", "v2", None)
    assert service.asked[0] == service.asked[1]
    assert service.asked[0][1] == "/v1/jobs/valve/episodes"


def test_a_job_is_made_with_its_spaces():
    service, made = client(ok())
    with made as within:
        job = within.job("valve", spaces.Discrete(2), spaces.Discrete(3), rewards="mean", share=0.5)
    assert (job.name, job.action_space) == ("valve", spaces.Discrete(3))
    _, _, body = service.asked[0]
    assert body["observation_space"]["n"] == 2
    assert (body["rewards"], body["share"], body["reward_window_s"]) == ("mean", 0.5, 60.0)
