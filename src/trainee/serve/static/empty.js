/**
 * What to do where there is nothing yet: the lines to type, ready to copy.
 */
import { announce, h } from "./dom.js";
import { example } from "./spaces.js";

function service() {
  return new URL(".", document.baseURI.split("#")[0]).href.replace(/\/$/, "");
}

export function noJobs(withKey) {
  return h(
    "section",
    { class: "panel empty", "data-testid": "empty-jobs" },
    h("h1", { tabindex: "-1" }, "No jobs yet"),
    h(
      "p",
      {},
      "A program makes a job by saying what it sees and what can be done. The agent then answers its decisions, and " +
        "learns from what comes of them.",
    ),
    copyable(
      `curl -s ${service()}/v1/jobs -H 'content-type: application/json'${keyed(withKey)} -d '{
  "job": "cooling",
  "observation_space": {"type": "Box", "shape": [2], "dtype": "float32", "low": [0, 0], "high": [100, 100]},
  "action_space": {"type": "Discrete", "n": 3},
  "reward_window_s": 30, "default_reward": 0}'`,
    ),
    h("p", { class: "soft" }, "The job appears here as soon as it is made."),
  );
}

export function noDecisions(view, withKey) {
  const seen = JSON.stringify(example(view.observation_space));
  return h(
    "div",
    { class: "empty", "data-testid": "empty-decisions" },
    h("p", {}, "No decision has been asked for yet. Begin an episode, and say what is seen:"),
    copyable(
      `U=${service()}; J='content-type: application/json'
E=$(curl -s $U/v1/jobs/${view.job}/episodes -H "$J"${keyed(withKey)} -d '{}' | jq -r .episode)
curl -s $U/v1/episodes/$E/decisions -H "$J"${keyed(withKey)} -d '{
  "event_id": "a1", "sequence": 0, "observation": ${seen}}'`,
    ),
  );
}

function keyed(withKey) {
  return withKey ? ` -H "authorization: Bearer $KEY"` : "";
}

function copyable(lines) {
  const button = h("button", { type: "button", class: "small", onclick: copy }, "Copy");
  async function copy() {
    try {
      await navigator.clipboard.writeText(lines);
      button.textContent = "Copied";
      announce("Copied");
    } catch {
      getSelection().selectAllChildren(code); // no clipboard without https; the lines are marked instead
      button.textContent = "Press Ctrl+C";
    }
  }
  const code = h("code", {}, lines);
  return h("div", { class: "copyable" }, h("pre", { tabindex: "0", "aria-label": "Lines to type" }, code), button);
}
