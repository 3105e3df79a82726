/**
 * Who is in control: said in big plain words, with the buttons that change it.
 */
import { announce, attribute, h, s, text } from "./dom.js";
import { ask, reasonField } from "./dialogs.js";
import { makeAsked } from "./asked.js";
import { actionField, makePad } from "./pad.js";
import { brief, clock } from "./format.js";
import { SHORTEST_S, may } from "./state.js";

const NOBODY_KNOWN = "anyone"; // whom the service calls a caller without a key

/** The name of a person, or null where none is known. */
export function person(by) {
  return by === NOBODY_KNOWN ? null : by;
}

/** Who decides, in a few words. */
export function modeWords(control) {
  const mode = control?.mode;
  const by = person(control?.by);
  if (mode === "paused") return "Paused: the baseline action is taken";
  if (mode === "person") return `${by || "A person"} decides`;
  return "The agent decides";
}

const GLYPHS = {
  agent: "M5 16.5 10 12l4 2.5L20 6.5",
  paused: "M8.5 6v12M15.5 6v12",
  person: "M12 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M5 20c.6-4 3.4-6 7-6s6.4 2 7 6",
};

/** The sign of a mode: its shape says it too, not only its colour. */
export function modeSign(mode) {
  const path = s("path", { d: GLYPHS[mode] ?? GLYPHS.agent });
  return s("svg", { class: "sign", viewBox: "0 0 24 24", "aria-hidden": "true" }, path);
}

function actionWords(action, space) {
  return `${space?.type === "Discrete" ? "action " : ""}${brief(action, 80)}`;
}

/** The rest of it: since when, by whom, why, and what that means for the next decision. */
function modeNote({ control, newest, action_space: actionSpace }) {
  const { mode, action, reason, at } = control;
  const by = person(control?.by);
  const since = at ? ` since ${clock(at)}` : "";
  const why = reason ? `: “${reason}”` : "";
  if (mode === "paused") return `By ${by || "someone"}${since}${why}. Learning goes on from what the baseline does.`;
  if (mode === "person") {
    const standing = !alone(control)
      ? `Every decision answers ${actionWords(action, actionSpace)} until another is chosen.`
      : newest?.deadline_ms < SHORTEST_S * 1000
        ? `Decisions are due within ${newest.deadline_ms} ms, too soon to be answered one by one: choose a standing action.`
        : "Each decision waits to be answered until its deadline; then the baseline action is taken.";
    return `${at ? `Since ${clock(at)}${why}. ` : ""}${standing}`;
  }
  return at ? `Again${since}${by ? `, handed back by ${by}` : ""}${why}.` : "Since the job was made.";
}

/** Whether a person answers decision by decision. */
function alone({ mode, action }) {
  return mode === "person" && (action === null || action === undefined);
}

export function makeControl({ api, store }) {
  const sign = h("span", { class: "mode-sign" });
  const words = h("p", { class: "mode-text", id: "mode-text", "data-testid": "mode-text" });
  const note = h("p", { class: "mode-note", "data-testid": "mode-note" });
  const buttons = {
    pause: button("pause", "Pause", "p", () => change("paused")),
    resume: button("resume", "Resume", "p", () => change("agent", "resume")),
    "take-over": button("take-over", "Take over", "t", takeOver),
    "hand-back": button("hand-back", "Hand back", "t", () => change("agent", "hand-back")),
  };
  const barred = h("p", { class: "hint", id: "control-barred", "data-testid": "control-barred" });
  const asked = makeAsked({
    answer: (decision, action) =>
      api.call("POST", `v1/decisions/${encodeURIComponent(decision)}/override`, { action }),
  });
  const pad = makePad({ put });
  const element = h(
    "section",
    { class: "control", "aria-labelledby": "mode-text" },
    h("div", { class: "mode" }, sign, h("div", {}, words, note)),
    h("div", { class: "row", role: "group", "aria-label": "Control" }, Object.values(buttons)),
    barred,
    asked.element,
    pad.element,
  );
  let shownMode = null;

  function button(id, label, key, act) {
    const press = () => (may(store.get(), "control", store.get().open) ? act() : announce(barred.textContent));
    const kind = { "take-over": "", pause: "", resume: "primary", "hand-back": "primary" }[id];
    return h(
      "button",
      { type: "button", id, class: kind, "data-testid": id, "aria-keyshortcuts": key, onclick: press },
      label,
    );
  }

  /** Tell the service, and show what it answered. */
  async function put(mode, action, reason) {
    const { open: job, jobs } = store.get();
    const now = jobs.get(job)?.control;
    const why = reason || (mode === "person" && now?.mode === "person" && now.reason); // the standing reason
    const body = { job, mode, ...(action !== undefined && { action }), ...(why && { reason: why }) };
    const control = await api.call("PUT", "v1/control", body);
    store.tell("control", { job, control });
    return control;
  }

  async function change(mode, how = "pause") {
    const job = store.get().open;
    const title = {
      pause: `Pause ${job}?`,
      resume: `Let the agent decide at ${job}?`,
      "hand-back": `Hand ${job} back to the agent?`,
    }[how];
    const said =
      mode === "paused"
        ? "From the next decision on, the baseline action is answered. Learning goes on. It stays paused until someone resumes."
        : "From the next decision on, the agent answers again.";
    const confirm = { pause: "Pause", resume: "Resume", "hand-back": "Hand back" }[how];
    const done = await ask({
      title,
      words: said,
      fields: [reasonField()],
      confirm,
      act: ({ reason }) => put(mode, undefined, reason.trim()),
    });
    if (done) settle();
  }

  async function takeOver() {
    const { open: job, jobs } = store.get();
    const view = jobs.get(job);
    const field = actionField(view.action_space, view.newest?.action);
    const done = await ask({
      title: `Take over ${job}?`,
      words:
        "From the next decision on, what you choose is answered in place of the agent's action. It learns from what you do.",
      fields: [reasonField(), field],
      confirm: "Take over",
      act: ({ reason, action }) => put("person", field.read(action), reason.trim()),
    });
    if (done) settle(!alone(store.get().jobs.get(job).control)); // what answers one by one is not to be pressed by chance
  }

  /** After a change the button that was pressed is gone; focus goes to what is next. */
  function settle(toPad = false) {
    requestAnimationFrame(() =>
      setTimeout(() => {
        if (toPad && pad.focus()) return;
        if (!document.activeElement || document.activeElement === document.body)
          Object.values(buttons)
            .find((b) => !b.hidden)
            ?.focus();
      }, 150),
    );
  }

  function render(state) {
    const view = state.jobs.get(state.open);
    if (!view) return;
    const { control } = view;
    const { mode } = control;
    attribute(element, "data-mode", mode);
    if (shownMode !== mode) sign.replaceChildren(modeSign(mode));
    const said = modeWords(control);
    if (shownMode !== null && words.textContent !== said) announce(said);
    shownMode = mode;
    text(words, said);
    text(note, modeNote(view));
    buttons.pause.hidden = mode === "paused";
    buttons.resume.hidden = mode !== "paused";
    buttons["take-over"].hidden = mode === "person";
    buttons["hand-back"].hidden = mode !== "person";

    const allowed = may(state, "control", state.open);
    text(barred, allowed ? "" : "Your key may watch this job, but not control it: it lacks the scope “control”.");
    barred.hidden = allowed;
    for (const one of Object.values(buttons)) {
      attribute(one, "aria-disabled", allowed ? null : "true");
      attribute(one, "aria-describedby", allowed ? null : barred.id);
      attribute(one, "title", allowed ? null : barred.textContent);
    }
    const mine = mode === "person" && allowed && (!state.me?.name || control.by === state.me.name);
    asked.render(view, state.asked, alone(control) && allowed, mine);
    pad.render(view, mode === "person" && allowed, mine);
  }

  return { element, render, key: (event) => asked.key(event) || pad.key(event) };
}
