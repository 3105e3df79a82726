/**
 * Everything that went into one decision, and what came of it.
 */
import { announce, attribute, children, h, text } from "./dom.js";
import { ask, reasonField } from "./dialogs.js";
import { actionField } from "./pad.js";
import { person } from "./control.js";
import { brief, clock, duration, moment, number, signed } from "./format.js";
import { observed } from "./observation.js";
import { may } from "./state.js";

export function makeDecision({ api, feed, store }) {
  const title = h("h3", { tabindex: "-1" });
  const close = h(
    "button",
    {
      type: "button",
      class: "quiet",
      "aria-label": "Close the details",
      "data-testid": "decision-close",
      onclick: () => feed.choose(null),
    },
    "✕",
  );
  const content = h("div", { class: "detail-body" });
  const override = h(
    "button",
    { type: "button", class: "small", id: "override", "data-testid": "override", onclick: overrideIt },
    "Say what was done instead",
  );
  const hint = h("p", { class: "soft detail-none" }, "Choose a decision to see everything that went into it.");
  const body = [h("div", { class: "detail-head" }, title, close), content, override];
  const element = h("aside", { class: "detail", "aria-label": "One decision", "data-testid": "decision-detail" });
  let shown = null;

  async function overrideIt() {
    const { detail, jobs, open } = store.get();
    const field = actionField(jobs.get(open).action_space, detail.override?.action ?? detail.action);
    await ask({
      title: "What was done instead?",
      words: `In place of ${brief(detail.action)}, answered at ${clock(detail.at)}. The agent learns from what was done.`,
      fields: [{ ...field, label: "Action", hint: "What was really done." }, reasonField()],
      confirm: "Override",
      act: async ({ action, reason }) => {
        const done = field.read(action);
        if (done === null) throw new Error("An override needs the action that was done.");
        await api.call("POST", `v1/decisions/${encodeURIComponent(detail.decision)}/override`, {
          action: done,
          ...(reason.trim() && { reason: reason.trim() }),
        });
        feed.readDecision(detail.decision);
      },
    });
  }

  function render(state) {
    const { detail } = state;
    attribute(element, "data-open", detail ? "yes" : null);
    if (!detail) {
      shown = null;
      children(element, [hint]);
      return;
    }
    children(element, body);
    override.hidden = !may(state, "control", state.open);
    if (shown === detail) return;
    text(title, sentence(detail, state.jobs.get(detail.job)));
    if (shown?.decision !== detail.decision) announce(title.textContent);
    content.replaceChildren(...sections(detail, state.jobs.get(detail.job)));
    if (shown?.decision !== detail.decision) content.scrollTop = 0;
    shown = detail;
  }

  return { element, render };
}

/** Whether something else was done than was answered. A person's own answer is recorded as an override, too. */
export function corrected(d) {
  return Boolean(d.override) && JSON.stringify(d.override.action) !== JSON.stringify(d.action);
}

function sentence(d, view) {
  const action = `${view?.action_space.type === "Discrete" ? "action " : ""}${brief(d.action, 40)}`;
  if (corrected(d)) return `${person(d.override.by) || "A person"} did ${brief(d.override.action, 30)} in place of ${action}`;
  if (d.abandon) return "The agent would abandon this episode";
  if (d.source === "baseline") return `The baseline was taken: ${action}`;
  return `${{ person: "A person", client: "The program itself" }[d.source] ?? "The agent"} chose ${action}`;
}

const FALLBACKS = {
  deadline: "the agent was not ready by the deadline",
  paused: "the job was paused",
  taken_over: "a person was in control",
  invalid: "the agent's action was not a valid one",
};

function sections(d, view) {
  const [low, high] = d.interval ?? [];
  return [
    list("What it expected", [
      ["Value", number(d.value)],
      ["Spread", `± ${number(d.spread)}`, "How far its own estimates are apart: what it does not know yet."],
      [
        "80% interval",
        d.interval ? `${number(low)} to ${number(high)}` : "–",
        "Four fifths of the returns to come should lie within.",
      ],
      ["Propensity", number(d.propensity), "The probability, or density, of this action."],
    ]),
    list("Who decided", [
      ["Source", person(d.by) ? `${d.source}, ${d.by}` : d.source],
      d.fallback && ["Fallback", FALLBACKS[d.fallback] ?? d.fallback],
      [
        "Baseline action",
        d.baseline_action === null || d.baseline_action === undefined ? "none given" : brief(d.baseline_action),
      ],
      ["Version", `${d.version}, ${d.stage}`],
      ["Took", `${number(d.took_ms)} ms${d.deadline_ms ? ` of ${number(d.deadline_ms)} ms` : ""}`],
      d.override && [corrected(d) ? "Override" : "Said", overridden(d.override)],
    ]),
    h("section", {}, h("h4", {}, "What came of it"), account(d, view), rewards(d)),
    h("section", {}, h("h4", {}, "What it saw"), observed(d.observation, view?.observation_space)),
    d.action_mask && h("section", {}, h("h4", {}, "What was allowed"), mask(d.action_mask, view?.action_space)),
    h("p", { class: "hint names" }, `${d.decision} · ${moment(d.at)}`),
  ].filter(Boolean);
}

function list(title, rows) {
  const shown = rows
    .filter(Boolean)
    .map(([name, value, why]) => h("div", { title: why }, h("dt", {}, name), h("dd", {}, value)));
  return h("section", {}, h("h4", {}, title), h("dl", { class: "pairs" }, shown));
}

function overridden({ action, by, at, late, reason }) {
  const what = `${brief(action)} by ${person(by) || "a person"} at ${clock(at)}`;
  return `${what}${late ? ", too late to be learned from" : ""}${reason ? `: “${reason}”` : ""}`;
}

function account(d, view) {
  if (d.account === null || d.account === undefined) {
    return h("p", {}, `Nothing yet. Rewards may come for ${duration(view?.reward_window_s)} after the decision.`);
  }
  const came = (d.rewards ?? []).some((reward) => !reward.late);
  const state = !d.settled ? "not settled yet" : came ? "settled" : "by default: nothing came in time";
  return h("p", {}, `${signed(d.account)} in all, ${state}.`);
}

function rewards(d) {
  const rows = (d.rewards ?? []).map((reward) => {
    const remarks = [reward.final && "final", reward.late && "late, not learned from"].filter(Boolean).join(", ");
    return h(
      "li",
      { "data-testid": "reward-row" },
      h("b", {}, signed(reward.value)),
      ` after ${duration(reward.at - d.at)}${remarks ? ` (${remarks})` : ""}`,
      h("span", { class: "hint" }, ` ${reward.reward_id}`),
    );
  });
  return rows.length ? h("ul", { class: "rewards" }, rows) : null;
}

function mask(allowed, space) {
  const start = space?.start ?? 0;
  if (!Array.isArray(allowed) || allowed.some(Array.isArray)) return h("pre", {}, JSON.stringify(allowed));
  return h(
    "ul",
    { class: "mask" },
    allowed.map((yes, i) =>
      h(
        "li",
        { "data-allowed": yes ? "yes" : "no" },
        String(start + i),
        h("span", { class: "unseen" }, yes ? " allowed" : " not allowed"),
      ),
    ),
  );
}
