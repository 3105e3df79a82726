"""The OpenAPI document: it says what is so, and the service answers anything that it allows in one of the ways it says.

Schemathesis makes up calls from the document. For the long run: EXAMPLES=300.
"""

from __future__ import annotations

import copy
import os
import re
from collections import Counter
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance

from commits import until
from serving import SEEN, Served
from trainee.record.keys import SCOPES
from trainee.serve import Settings, create_app
from trainee.serve.refusals import STATUS

# Schemathesis draws from `random` here and there.
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
EXAMPLES = int(os.environ.get("EXAMPLES", "6"))
DOCUMENT = Path(__file__).parents[3] / "docs" / "serving.md"
QUIET = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES < 100,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
# Most that fits the document is refused all the same: an episode that there is not, an observation outside the space.
# And a 503 is no defect: where a job is paused, a call without a baseline cannot be answered.
LEFT_OUT = [positive_data_acceptance, not_a_server_error]


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


@pytest.fixture(scope="module")
def api(keyed: Served):
    told = copy.deepcopy(keyed.document)
    # All that is made up is sent with a key: keys have tests of their own.
    del told["components"]["securitySchemes"]
    for calls in told["paths"].values():
        for call in calls.values():
            call.pop("security", None)
    document = schemathesis.openapi.from_dict(told)
    document.config.update(base_url=keyed.url)
    # Events never end.
    return document.exclude(path="/v1/events")


def operations() -> list[tuple[str, str]]:
    paths = create_app(Settings(Path("home"))).openapi()["paths"]
    return [(method, path) for path, calls in paths.items() for method in calls if path != "/v1/events"]


def mended(case, known):
    """A call with what no document can know: names that there are, and what the spaces of the job contain."""
    for name in known.keys() & (case.path_parameters or {}).keys():
        case.path_parameters[name] = known[name]
    if isinstance(case.body, dict):
        fit = {"observation": SEEN, "action": 1, "baseline_action": 1, "action_mask": None, "job": "plant"}
        case.body |= {name: value for name, value in fit.items() if name in case.body and case.path != "/v1/jobs"}


MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


@pytest.mark.parametrize(("method", "path"), operations())
def test_whatever_is_made_up_is_answered_as_the_document_says(api, keyed: Served, method, path):
    operation, known = api[path][method], {"job": "plant", "episode": "e", "decision": "e.0"}

    @QUIET
    @given(st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in MODES)), st.booleans())
    def answered(case, mend):
        if mend and case.meta.generation.mode is MODES[0]:
            mended(case, known)
        response = case.call_and_validate(headers=dict(keyed.http.headers), excluded_checks=LEFT_OUT)
        assert response.status_code in (*range(500), 503)

    answered()


def test_calls_that_follow_from_answers_are_answered_as_the_document_says(api, keyed: Served, monkeypatch):
    monkeypatch.setattr("trainee.serve.deciding.PERSON_S", 0.1)
    statuses = Counter()

    class Machine(api.as_state_machine()):
        def before_call(self, case):
            mended(case, {"job": "plant"})

        def get_call_kwargs(self, case):
            return {"headers": {"authorization": keyed.http.headers["authorization"]}}

        def validate_response(self, response, case, additional_checks=None, **more):
            statuses[case.operation.label, response.status_code] += 1
            assert response.status_code in (*range(500), 503)
            case.validate_response(response, excluded_checks=LEFT_OUT, transport_kwargs=more)

    Machine.run(settings=settings(QUIET, max_examples=3 * EXAMPLES, stateful_step_count=8))
    assert statuses["POST /v1/jobs/{job}/episodes", 201]
    print(statuses)


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
