"""The page in a real browser: a person watches an agent learn, steps in, answers, and releases."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browsing
import pytest
from browsing import looking, photograph, too_wide

import trainee

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("page")]

DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browsing.browser() as started:
        yield started


@pytest.fixture(scope="module")
def service(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service at which an agent works in the corridor."""
    with browsing.serving(tmp_path_factory.mktemp("page") / "home") as url, trainee.Client(url) as client:
        corridor = browsing.Corridor(client)
        corridor.start()
        try:
            yield url
        finally:
            corridor.stop()
        assert corridor.trouble is None


@pytest.fixture
def client(service: str) -> Iterator[trainee.Client]:
    """Asks the service what it knows; afterwards the agent decides again."""
    with trainee.Client(service) as asking:
        yield asking
        asking.call("PUT", "/v1/control", {"job": "corridor", "mode": "agent"})


def expect(found: Any) -> Any:
    from playwright.sync_api import expect

    return expect(found)


def points(page: Any) -> int:
    return int(page.get_by_test_id("chart-returns").get_attribute("data-points") or 0)


def learned_steps(client: trainee.Client) -> int:
    return client.call("GET", "/v1/jobs/corridor")["learned"]["steps"]


def confirm(page: Any, reason: str = "", **fields: str) -> None:
    """Answer what the page asks before it does something."""
    page.get_by_test_id("ask-reason").fill(reason)
    for name, value in fields.items():
        page.get_by_test_id(f"ask-{name}").select_option(value)
    page.get_by_test_id("ask-confirm").click()
    expect(page.get_by_test_id("ask-dialog")).to_have_count(0)


def at_the_corridor(page: Any) -> None:
    page.goto("/")
    page.get_by_test_id("job-card").click()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-kind", "live")
    expect(page.get_by_test_id("decision-row").first).to_be_visible()


def test_the_charts_grow_while_the_agent_learns(chromium: Any, service: str, client: trainee.Client) -> None:
    with looking(chromium, service, **DESK) as page:
        at_the_corridor(page)
        before, learned = points(page), learned_steps(client)
        page.wait_for_function(
            "(n) => document.querySelector('[data-testid=chart-returns]').dataset.points > n", arg=before + 5
        )
        expect(page.get_by_test_id("chart-prediction").locator("path.predicted")).to_have_attribute(
            "d", re.compile("M.*L")
        )
        assert learned_steps(client) > learned
        photograph(page, "learning")


@pytest.mark.parametrize(("device", "about"), [("desk", DESK), ("phone", PHONE)])
def test_a_person_steps_in_and_releases(
    chromium: Any, service: str, client: trainee.Client, device: str, about: dict[str, Any]
) -> None:
    with looking(chromium, service, **about) as page:
        at_the_corridor(page)
        _take_over_and_hand_back(page, client, device)
        _pause_and_resume(page, device)
        _release_and_abort(page, device)
        expect(page.get_by_test_id("ledger-row").filter(has_text="the other way").first).to_be_visible()
        for kind in ("control", "release"):
            expect(page.locator(f"[data-testid=mark][data-kind={kind}]").first).to_be_attached()
        assert too_wide(page) == 0
        page.get_by_test_id("home").click()
        expect(page.get_by_test_id("card-mode")).to_contain_text("The agent decides")
        assert too_wide(page) == 0
        photograph(page, f"overview-{device}")


def _take_over_and_hand_back(page: Any, client: trainee.Client, device: str) -> None:
    if device == "desk":
        page.keyboard.press("t")
    else:
        page.get_by_test_id("take-over").tap()
    confirm(page, "the other way", action="1")
    expect(page.get_by_test_id("mode-text")).to_have_text("A person decides")
    if device == "desk":
        page.keyboard.press("0")
    else:
        page.get_by_test_id("standing-action-0").tap()
    expect(page.get_by_test_id("standing-action-0")).to_have_attribute("aria-checked", "true")
    expect(page.get_by_test_id("now-action")).to_have_text("Action 0")
    expect(page.locator("[data-testid=decision-row][data-source=person]").first).to_be_visible()
    assert client.call("GET", "/v1/jobs/corridor")["control"]["action"] == 0
    photograph(page, f"person-{device}")
    page.get_by_test_id("hand-back").click()
    confirm(page)
    expect(page.get_by_test_id("mode-text")).to_have_text("The agent decides")
    expect(page.locator("[data-testid=decision-row][data-source=agent]").first).to_be_visible()


def _pause_and_resume(page: Any, device: str) -> None:
    page.get_by_test_id("pause").click()
    confirm(page)
    expect(page.get_by_test_id("mode-text")).to_contain_text("Paused")
    expect(page.locator("[data-testid=decision-row][data-source=baseline]").first).to_be_visible()
    photograph(page, f"paused-{device}")
    page.get_by_test_id("resume").click()
    confirm(page)
    expect(page.get_by_test_id("mode-text")).to_have_text("The agent decides")


def _release_and_abort(page: Any, device: str) -> None:
    page.get_by_test_id("new-release").click()
    confirm(page, "to see what it does")
    newest = page.get_by_test_id("release-row").first
    expect(newest.get_by_test_id("release-stage")).to_have_text("in shadow")
    expect(newest.get_by_test_id("verdict-row").first).to_be_visible()
    photograph(page, f"release-{device}")
    newest.get_by_test_id("abort").click()
    confirm(page)
    expect(newest.get_by_test_id("release-stage")).to_have_text(re.compile("aborted|rolled back"))


def test_a_person_answers_one_by_one(chromium: Any, service: str, client: trainee.Client) -> None:
    with looking(chromium, service, **DESK) as page:
        at_the_corridor(page)
        page.get_by_test_id("take-over").click()
        confirm(page, action="")
        asked, newest = page.get_by_test_id("asked"), page.get_by_test_id("now-action")
        just_asked(page)
        page.keyboard.press("0")
        expect(newest).to_have_text("Action 0")
        # Unanswered, it goes when its time is over, and the baseline is done.
        expect(newest).to_have_text("Action 1")
        just_asked(page)
        page.get_by_test_id("asked-action-0").click()
        expect(newest).to_have_text("Action 0")
        just_asked(page)
        photograph(page, "asked")
        assert client.call("GET", "/v1/jobs/corridor")["control"]["action"] is None
        page.get_by_test_id("hand-back").click()
        confirm(page)
        expect(asked).to_be_hidden()


def just_asked(page: Any) -> None:
    """Wait for a decision of whose three seconds most are left."""
    expect(page.get_by_test_id("asked-left")).to_have_text(re.compile(r"^[23]\.\d s left"))


def test_the_list_holds_still_and_a_decision_tells_everything(
    chromium: Any, service: str, client: trainee.Client
) -> None:
    with looking(chromium, service, **DESK) as page:
        at_the_corridor(page)
        page.get_by_test_id("decision-row").nth(3).hover()
        expect(page.get_by_test_id("list-status")).to_contain_text("waiting")
        row = page.get_by_test_id("decision-row").nth(3)
        name = row.get_attribute("data-decision")
        row.click()
        detail = page.get_by_test_id("decision-detail")
        expect(detail).to_contain_text(str(name))
        expect(detail).to_contain_text("Who decided")
        assert row.get_attribute("data-decision") == name
        page.get_by_test_id("override").click()
        confirm(page, "by hand", action="0")
        expect(detail).to_contain_text("by hand")
        photograph(page, "decision")


def test_it_is_dark_where_the_system_is_and_the_person_may_say_otherwise(
    chromium: Any, service: str, client: trainee.Client
) -> None:
    with looking(chromium, service, **DESK, color_scheme="dark") as page:
        at_the_corridor(page)
        assert brightness(page) < 60
        photograph(page, "dark")
        page.keyboard.press("d")
        page.wait_for_function("document.documentElement.dataset.theme !== undefined")
        while page.evaluate("document.documentElement.dataset.theme") != "light":
            page.keyboard.press("d")
        assert brightness(page) > 200


def brightness(page: Any) -> float:
    """Of the ground, from 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3


def test_a_key_is_asked_for_and_says_what_may_be_done(chromium: Any, tmp_path: Path) -> None:
    home = tmp_path / "home"
    made = [sys.executable, "-m", "trainee.cli", "keys", "make", "anna", "--scopes", "watch", "--home", str(home)]
    key = subprocess.run(made, check=True, capture_output=True, text=True).stdout.strip()
    with browsing.serving(home) as url, looking(chromium, url, wanted=(401,), **PHONE) as page:
        page.goto("/")
        expect(page.get_by_test_id("key-dialog")).to_be_visible()
        photograph(page, "key")
        page.get_by_test_id("key-input").fill("not-a-key")
        page.get_by_test_id("key-confirm").click()
        expect(page.get_by_test_id("key-input")).to_have_value("")
        page.get_by_test_id("key-input").fill(key)
        page.get_by_test_id("key-confirm").click()
        expect(page.get_by_test_id("key")).to_have_text("anna")
        expect(page.get_by_test_id("empty-jobs")).to_be_visible()
        assert too_wide(page) == 0
