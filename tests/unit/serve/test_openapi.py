"""The OpenAPI document: it says what is so, and the service answers anything that it allows in one of the ways it says.

Schemathesis makes up calls from the document. For the long run: EXAMPLES=300.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest
import schemathesis
import schemathesis.engine
from schemathesis.engine import events

from commits import until
from serving import SEEN, Served
from trainee.record.keys import SCOPES
from trainee.serve import Settings, create_app
from trainee.serve.refusals import STATUS

# Schemathesis draws from `random` here and there.
pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")]
EXAMPLES = int(os.environ.get("EXAMPLES", "6"))
DOCUMENT = Path(__file__).parents[3] / "docs" / "serving.md"


@pytest.fixture(scope="module")
def keyed(tmp_path_factory):
    """A service with a key for everything, which all calls of the tests have."""
    served = Served(tmp_path_factory.mktemp("keyed")).start()
    token = served.service.keys.make("schemathesis", SCOPES)
    served.http.headers["authorization"] = f"Bearer {token}"
    until(lambda: served.call("GET", "/v1/me").status == 200)
    served.job()
    served.begin(episode="e")
    served.decide("e")
    yield served
    served.stop()
    assert served.faults == []


@schemathesis.hook
def before_call(context, case, kwargs):
    """What no document can know: names that there are, and what the spaces of the job contain."""
    names = case.path_parameters or {}
    if names.get("job") is not None and len(str(names["job"])) % 2:
        names["job"] = "plant"
    if isinstance(case.body, dict) and case.path != "/v1/jobs":
        fit = {"observation": SEEN, "action": 1, "baseline_action": 1, "action_mask": None, "job": "plant"}
        case.body |= {name: value for name, value in fit.items() if name in case.body}


def examined(served: Served, phase: str, examples: int) -> tuple[list[str], Counter]:
    """What Schemathesis finds wrong in one of its phases, and how often each call was answered with each status."""
    token, checks = served.http.headers["authorization"], {"positive_data_acceptance": {"enabled": False}}
    # Most that fits the document is refused all the same: an episode there is not, an observation outside the space.
    # And a 503 is no defect: where a job is paused, a call without a baseline cannot be answered.
    checks |= {"not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", 503]}}
    phases = {name: {"enabled": name == phase} for name in ("examples", "coverage", "fuzzing", "stateful")}
    generation = {"max-examples": examples, "deterministic": EXAMPLES < 100, "no-shrink": True}
    config = {"base-url": served.url, "headers": {"Authorization": token}, "checks": checks, "phases": phases}
    config = schemathesis.Config.from_dict({**config, "generation": {**generation, "database": "none"}})
    # Events never end.
    document = schemathesis.openapi.from_dict(served.document, config=config).exclude(path="/v1/events")

    wrong, statuses = [], Counter()
    for event in schemathesis.engine.from_schema(document).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            wrong.append(str(getattr(event, "value", None) or event.exception))
        if isinstance(event, events.ScenarioFinished):
            for made in event.recorder.interactions.values():
                if made.response is not None:
                    statuses[
                        f"{made.request.method} {made.request.uri.partition('?')[0]}", made.response.status_code
                    ] += 1
            for results in event.recorder.checks.values():
                wrong += [
                    f"{event.recorder.label}: {found.failure_info.failure}\n{found.failure_info.code_sample}"
                    for found in results
                    if found.failure_info is not None
                ]
    return wrong, statuses


@pytest.mark.timeout(200 + 5 * EXAMPLES)
@pytest.mark.parametrize("phase", ["coverage", "fuzzing", "stateful"])
def test_whatever_is_made_up_is_answered_as_the_document_says(keyed: Served, monkeypatch, phase):
    monkeypatch.setattr("trainee.serve.deciding.PERSON_S", 0.1)
    wrong, statuses = examined(keyed, phase, EXAMPLES)
    assert statuses.total() > EXAMPLES
    assert wrong == []


def table(heading: str) -> list[list[str]]:
    """The rows of the first table after a heading."""
    text = DOCUMENT.read_text(encoding="utf-8").partition(f"\n{heading}\n")[2]
    rows = re.search(r"^\|.*\n\|[-| ]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert rows
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in rows[1].splitlines()]


def test_the_document_for_people_has_the_same_calls_and_scopes():
    told: dict[tuple[str, str], set[str]] = {}
    for calls, scopes, _ in table("## The calls"):
        names = re.findall(r"`(?:(GET|POST|PUT) )?([^`]+)`", calls)
        wanted = [part.strip() for part in scopes.split(",")]
        before = method = ""
        for i, (said, path) in enumerate(names):
            method = said or method
            before = whole = path.replace("…", before.rpartition("/")[0])
            scope = wanted[i] if "none" in wanted else scopes
            told[method.lower(), whole] = set(re.findall(r"\w+", scope)) - {"none", "any"}
    found = {}
    for path, calls in create_app(Settings(Path("home"))).openapi()["paths"].items():
        for method, call in calls.items():
            found[method, path] = {scope for each in call.get("security", []) for scope in each["key"]}
    assert told == found


def test_the_document_for_people_has_the_same_errors():
    told = {}
    for statuses, codes, _ in table("## Errors"):
        names = re.findall(r"\w+", codes)
        numbers = [int(number) for number in re.findall(r"\d+", statuses)]
        told |= dict(zip(names, numbers if len(numbers) > 1 else numbers * len(names), strict=True))
    assert told == {**STATUS, "unknown_path": 404, "wrong_method": 405}


def test_the_document_is_complete():
    document = create_app(Settings(Path("home"))).openapi()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    names = [call["operationId"] for calls in document["paths"].values() for call in calls.values()]
    assert len(names) == len(set(names))
    for path, calls in document["paths"].items():
        for call in calls.values():
            assert call["summary"]
            assert call["description"]
            success = [status for status in call["responses"] if status.startswith("2")]
            assert len(success) == 1
            content = call["responses"][success[0]]["content"]
            assert all(kind["schema"] for kind in content.values())
            for status, response in call["responses"].items():
                for link in response.get("links", {}).values():
                    assert link["operationId"] in names
                if status >= "400":
                    assert response["content"]["application/json"]["schema"]["$ref"].endswith("/Refusal")
            if "requestBody" in call:
                assert {"400", "413", "415", "422"} <= call["responses"].keys(), path
    assert {
        scope
        for calls in document["paths"].values()
        for call in calls.values()
        for each in call.get("security", [])
        for scope in each["key"]
    } == SCOPES
