/**
 * Releases as swim lanes: from shadow over canary to full, or back, with what the gates say and the buttons that move
 * them.
 */
import { announce, attribute, children, h, keyed, text } from "./dom.js";
import { clock, count, moment, number, percent } from "./format.js";
import { ask, reasonField } from "./dialogs.js";
import { may } from "./state.js";
import { versionTag } from "./versions.js";

const LANE = ["shadow", "canary", "full"];
const NEXT = { shadow: "canary", canary: "full" };
const ENDED = { rolled_back: "rolled back", aborted: "aborted" };
const OUTCOMES = { pass: ["✓", "passes"], fail: ["✕", "fails"], inconclusive: ["…", "not sure yet"] };

export function makeReleases(context) {
  const { api, store } = context;
  const fresh = h(
    "button",
    {
      type: "button",
      class: "small",
      id: "new-release",
      "data-testid": "new-release",
      "aria-keyshortcuts": "r",
      onclick: begin,
    },
    "New release",
  );
  const barred = h("p", { class: "hint", id: "release-barred", "data-testid": "release-barred" });
  const empty = h(
    "p",
    { class: "soft" },
    "No release yet: the live learner decides. A release freezes it as a version, tries that in shadow, then on a share " +
      "of the episodes, and puts it to work only if the gates let it.",
  );
  const heads = h(
    "div",
    { class: "lane-heads", "aria-hidden": "true" },
    LANE.map((stage) => h("span", {}, stage)),
  );
  const lanes = h("ul", { class: "lanes", "data-testid": "releases" });
  const element = h(
    "section",
    { class: "panel", id: "releases", "aria-labelledby": "releases-title" },
    h(
      "div",
      { class: "panel-head" },
      h("h2", { id: "releases-title" }, "Releases"),
      h("p", { class: "summary" }),
      fresh,
    ),
    barred,
    empty,
    heads,
    lanes,
  );

  async function begin() {
    const { open: job, releases } = store.get();
    if (!may(store.get(), "release", job)) return announce(barred.textContent);
    const versions = ["live", ...new Set(releases.map((r) => r.version))];
    const source = h(
      "select",
      { "data-testid": "ask-source" },
      versions.map((v) => h("option", { value: v }, v === "live" ? "the live learner, as it is now" : `${v} again`)),
    );
    const share = h("input", {
      type: "number",
      min: 5,
      max: 50,
      step: 1,
      value: 50,
      required: true,
      "data-testid": "ask-share",
    });
    const approval = h(
      "select",
      { "data-testid": "ask-approval" },
      h("option", { value: "person" }, "a person, stage by stage"),
      h("option", { value: "automatic" }, "the gates, automatically"),
    );
    await ask({
      title: `New release at ${job}`,
      words: "It begins in shadow: it decides beside what serves now, and nothing that it decides is done.",
      fields: [
        { name: "source", label: "What to freeze", control: source },
        { name: "share", label: "Share of episodes in canary, in %", control: share },
        { name: "approval", label: "Who lets it go on", control: approval },
        reasonField(),
      ],
      confirm: "Begin in shadow",
      act: async (values) => {
        const { source, approval, reason } = values;
        const body = { job, source, share: Number(values.share) / 100, approval, ...(reason.trim() && { reason }) };
        store.tell("released", await api.call("POST", "v1/releases", body));
      },
    });
  }

  function move(id, how) {
    const release = store.get().releases.find((r) => r.release === id);
    if (!release || !may(store.get(), "release", release.job)) return announce(barred.textContent);
    const next = NEXT[release.stage];
    const unsure = (release.verdicts ?? []).filter((v) => v.outcome !== "pass");
    const back = how === "abort" && release.stage === "full";
    const warning = unsure.length
      ? ` Not passed: ${unsure.map((v) => `${v.gate} (${OUTCOMES[v.outcome]?.[1] ?? v.outcome})`).join(", ")}.`
      : "";
    const meaning =
      next === "canary"
        ? `From then on it decides ${percent(release.share)} of the new episodes.`
        : "From then on it decides all new episodes.";
    return ask({
      title: back
        ? `Roll ${release.version} back?`
        : how === "abort"
          ? `Abort the release of ${release.version}?`
          : `Advance ${release.version} to ${next}?`,
      words:
        how === "abort"
          ? "It decides nothing any more, and cannot go on. What served before serves all new episodes."
          : meaning + warning,
      fields: [reasonField(how === "advance" && unsure.length ? "a gate has not passed" : null)],
      confirm: back ? "Roll back" : how === "abort" ? "Abort the release" : `Advance to ${next}`,
      danger: how === "abort" || unsure.some((v) => v.outcome === "fail"),
      act: async ({ reason }) => {
        store.tell(
          "release_moved",
          await api.call("POST", `v1/releases/${encodeURIComponent(id)}/${how}`, { reason: reason.trim() }),
        );
      },
    });
  }

  function render(state) {
    const { releases, known } = state;
    const allowed = may(state, "release", state.open);
    text(barred, allowed ? "" : "Your key may not release: it lacks the scope “release”.");
    barred.hidden = allowed;
    empty.hidden = !known || releases.length > 0;
    heads.hidden = releases.length === 0;
    bar(fresh, allowed, barred);
    const serving = state.jobs.get(state.open)?.serving;
    keyed(
      lanes,
      releases,
      (r) => r.release,
      (r) => lane(r, move),
      (node, r) =>
        node.show(r, {
          allowed,
          barred,
          serving: r.stage === "full" && r.version === serving,
          newest: r === releases[0],
        }),
    );
  }

  return { element, render };
}

/** Grey, but still to be reached by Tab, so that the reason can be read. */
function bar(button, allowed, reason) {
  attribute(button, "aria-disabled", allowed ? null : "true");
  attribute(button, "aria-describedby", allowed ? null : reason.id);
  attribute(button, "title", allowed ? null : reason.textContent);
}

function lane({ release, version }, move) {
  const steps = LANE.map((stage) => h("li", { "data-stage": stage }, h("span", { class: "step-time" })));
  const track = h("ol", { class: "track" }, steps);
  const words = h("span", { class: "lane-words", "data-testid": "release-stage" });
  const meta = h("p", { class: "hint" });
  const advance = h("button", {
    type: "button",
    class: "primary small",
    "data-testid": "advance",
    onclick: () => move(release, "advance"),
  });
  const abort = h(
    "button",
    { type: "button", class: "small", "data-testid": "abort", onclick: () => move(release, "abort") },
    "Abort",
  );
  const buttons = h("div", { class: "row" }, advance, abort);
  const verdicts = h("ul", { class: "verdicts", "aria-label": "Gates" });
  const history = h("ol", { class: "history" });
  const summary = h("summary", {});
  const more = h("details", {}, summary);
  const node = h(
    "li",
    { class: "lane", "data-testid": "release-row", "data-release": release },
    h("div", { class: "lane-head" }, versionTag(version), words),
    track,
    meta,
  );
  let last = null;
  node.show = (r, { allowed, barred, serving, newest }) => {
    const next = NEXT[r.stage];
    advance.hidden = !next;
    text(advance, next ? `Advance to ${next}` : "");
    text(abort, next ? "Abort" : "Roll back");
    // Gates are read while they still decide something; afterwards they are history.
    const open = [next && verdicts, (next || (serving && newest)) && buttons];
    children(more, [summary, !next && verdicts, history]);
    children(node, [...[...node.children].slice(0, 3), ...open, more]);
    bar(advance, allowed, barred);
    bar(abort, allowed, barred);
    text(words, ENDED[r.stage] ?? (serving ? "serving" : r.stage === "full" ? "was full" : `in ${r.stage}`));
    attribute(node, "data-serving", serving ? "yes" : null);
    if (r === last) return;
    if (last && last.stage !== r.stage) announce(`${version}: ${ENDED[r.stage] ?? r.stage}`);
    last = r;
    attribute(node, "data-stage", r.stage);
    text(summary, next ? "History" : "Gates and history");
    const done = (r.history ?? []).filter((step) => LANE.includes(step.stage));
    steps.forEach((step, i) => showStep(step, LANE[i], r, done));
    const who = r.approval === "automatic" ? "the gates let it go on" : "a person lets it go on";
    text(meta, `from ${r.source} · ${percent(r.share)} of the episodes in canary · ${who}`);
    keyed(
      verdicts,
      r.verdicts ?? [],
      (v) => v.gate,
      () => h("li", { "data-testid": "verdict-row" }),
      showVerdict,
    );
    verdicts.hidden = !r.verdicts?.length;
    children(history, [...(r.history ?? [])].reverse().map(historyLine));
  };
  return node;
}

function showStep(step, stage, release, done) {
  const reached = done.filter((one) => one.stage === stage).at(-1);
  const last = done.at(-1)?.stage === stage;
  const ended = last && ENDED[release.stage];
  const state = !reached ? "ahead" : !last ? "done" : ended ? "stopped" : stage === "full" ? "arrived" : "current";
  const words = reached ? ended || clock(reached.at, false) : "";
  attribute(step, "data-state", state);
  attribute(step, "aria-label", `${stage}: ${words || "not reached"}`);
  text(step.firstElementChild, words);
}

function showVerdict(node, v) {
  const [sign, words] = OUTCOMES[v.outcome] ?? ["?", v.outcome];
  const known = Number.isFinite(v.measured);
  const bounds = Number.isFinite(v.low) && Number.isFinite(v.high) ? ` (${number(v.low)} to ${number(v.high)})` : "";
  attribute(node, "data-outcome", v.outcome);
  node.replaceChildren(
    h("span", { class: "verdict-sign", "aria-hidden": "true" }, sign),
    h(
      "span",
      { class: "verdict-gate" },
      String(v.gate).replaceAll("_", " "),
      h("span", { class: "unseen" }, `: ${words}. `),
    ),
    h("span", { class: "verdict-number" }, known ? `${number(v.measured)}${bounds}` : "–"),
    h("span", { class: "hint verdict-count" }, `n = ${count(v.count)}`),
    h("span", { class: "hint verdict-why" }, v.why ?? ""),
  );
}

function historyLine(step) {
  return h(
    "li",
    {},
    h("time", { title: moment(step.at) }, clock(step.at)),
    h(
      "span",
      {},
      ` ${ENDED[step.stage] ?? step.stage}${step.by ? `, by ${step.by}` : ""}${step.why ? `: ${step.why}` : ""}`,
    ),
  );
}
