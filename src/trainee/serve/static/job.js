/**
 * One job: who is in control, what it is doing, how it went, and everything that can be done about it.
 */
import { attribute, children, h, text } from "./dom.js";
import { ago, brief, clock, count, duration, number, plural, rate, withSpread } from "./format.js";
import { described } from "./spaces.js";
import { makeControl } from "./control.js";
import { makeDecisions } from "./decisions.js";
import { makeFeelings } from "./feelings.js";
import { makeLedger } from "./ledger.js";
import { makePrediction } from "./prediction.js";
import { makeReleases } from "./release.js";
import { makeReturns } from "./returns.js";
import { versionTag } from "./versions.js";

const RANGES = [50, 150, 500];

export function makeJob(context) {
  const { store } = context;
  const heading = h("h1", { tabindex: "-1", "data-testid": "job-name" });
  const spaces = h("p", { class: "soft" });
  const control = makeControl(context);
  const now = makeNow();
  const facts = makeFacts();
  const onCursor = (episode) => charts.forEach((chart) => chart.cursor(episode));
  const charts = [makeReturns(onCursor), makePrediction(onCursor)];
  const range = h(
    "select",
    { id: "range", "data-testid": "range", onchange: () => render(store.get()) },
    RANGES.map((n) => h("option", { value: n }, `newest ${n}`)),
  );
  range.value = "150";
  const panels = [makeFeelings(), makeDecisions(context), makeReleases(context), makeLedger(context)];
  const [feelings, decisions, releases, ledger] = panels;
  const body = [
    h("div", { class: "page-head" }, h("div", {}, heading, spaces)),
    h("div", { class: "panel hero", id: "hero" }, control.element, now.element),
    facts.element,
    h("div", { class: "range" }, h("label", { for: "range" }, "Episodes"), range),
    h(
      "div",
      { class: "pair" },
      charts.map((chart) => chart.element),
    ),
    feelings.element,
    decisions.element,
    h("div", { class: "pair uneven" }, releases.element, ledger.element),
  ];
  const waiting = h("p", { class: "soft" }, "Reading the job…");
  const element = h("div", { class: "job" });
  let drawn = [];

  function render(state) {
    const view = state.jobs.get(state.open);
    children(element, view ? body : [waiting]);
    if (!view) return;
    text(heading, view.job);
    text(spaces, `Sees ${described(view.observation_space)}. Does ${described(view.action_space)}.`);
    control.render(state);
    now.render(view);
    facts.render(view);
    panels.forEach((panel) => panel.render(state));
    const { curve, marks } = state;
    if (drawn[0] !== curve || drawn[1] !== marks || drawn[2] !== range.value) {
      drawn = [curve, marks, range.value];
      charts.forEach((chart) => chart.render({ points: byEnd(curve).slice(-Number(range.value)), marks }));
    }
  }

  return { element, heading, render, key: control.key };
}

/** In the order in which they ended; the service has them in that in which their rewards were settled. */
function byEnd(curve) {
  return [...curve].sort((a, b) => a.ended_at - b.ended_at);
}

/** The newest decision, in large. */
function makeNow() {
  const action = h("p", { class: "now-action", "data-testid": "now-action" });
  const value = h("p", { class: "now-value" });
  const sub = h("p", { class: "hint" });
  const element = h(
    "section",
    { class: "now", "aria-label": "Newest decision" },
    h("p", { class: "label" }, "Newest decision"),
    action,
    value,
    sub,
  );

  function render(view) {
    const { newest } = view;
    if (!newest) {
      text(action, "None yet");
      text(
        value,
        view.ready ? "No decision has been asked for." : "The job is being made ready; this takes some seconds.",
      );
      text(sub, "");
      return;
    }
    const who = { agent: "the agent", baseline: "the baseline", person: "a person", client: "the program" }[newest.source] ?? newest.source;
    text(
      action,
      newest.abandon
        ? "Abandon the episode"
        : `${view.action_space.type === "Discrete" ? "Action " : ""}${brief(newest.action, 40)}`,
    );
    text(value, `expects ${withSpread(newest.value, newest.spread)}`);
    text(
      sub,
      `by ${who}${newest.fallback ? ` (${String(newest.fallback).replaceAll("_", " ")})` : ""} · ${ago(newest.at)}`,
    );
  }

  return { element, render };
}

/** The figures under it. */
function makeFacts() {
  const rows = {
    serving: fact("Serving"),
    return: fact("Return lately"),
    rate: fact("Decisions a second"),
    episodes: fact("Episodes"),
    learning: fact("Learning"),
    rewards: fact("Rewards"),
    others: fact("Not the agent"),
  };
  const element = h(
    "dl",
    { class: "facts", "aria-label": "Figures" },
    Object.values(rows).map((row) => row.element),
  );
  let serving = null;

  function render(view) {
    const { counts, learned, release } = view;
    if (serving !== view.serving) rows.serving.value.replaceChildren(versionTag(view.serving));
    serving = view.serving;
    const trial = release && ["shadow", "canary"].includes(release.stage);
    text(
      rows.serving.more,
      trial
        ? `${release.version} in ${release.stage}`
        : `since ${clock(release?.history?.at(-1)?.at ?? view.made_at, false)}`,
    );
    rows.return.say(number(view.recent_return), "newest episodes");
    rows.rate.say(rate(view.decisions_per_s), `${count(counts.decisions)} in all`);
    rows.episodes.say(count(counts.episodes), `${count(counts.open_episodes)} open`);
    rows.learning.say(learned.behind ? `${count(learned.behind)} behind` : "up to date", plural(learned.steps, "step"));
    attribute(rows.learning.element, "data-behind", learned.behind > 0 ? "yes" : null);
    rows.rewards.say(
      count(counts.rewards),
      `${count(counts.defaulted)} by default, ${count(counts.late_rewards)} late`,
    );
    attribute(
      rows.rewards.element,
      "title",
      `Rewards may come for ${duration(view.reward_window_s)}; then a decision is taken to have brought ${number(view.default_reward)}.`,
    );
    const { baseline, person = 0, overrides } = counts;
    rows.others.say(
      count(baseline + person),
      `${count(baseline)} baseline, ${count(person)} by people, ${plural(overrides, "override")}`,
    );
  }

  return { element, render };
}

function fact(label) {
  const value = h("span", { class: "fact-value" });
  const more = h("span", { class: "hint" });
  const element = h("div", { class: "fact" }, h("dt", {}, label), h("dd", {}, value, more));
  return { element, value, more, say: (what, rest) => (text(value, what), text(more, rest)) };
}
