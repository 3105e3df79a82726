/**
 * The decision that waits for a person: what it is about, how long it waits, and the buttons that answer it. Of several
 * the one that is due first.
 */
import { announce, attribute, children, h, keyed, text } from "./dom.js";
import { brief, plural } from "./format.js";
import { choices, described } from "./spaces.js";
import { observed } from "./observation.js";
import { read } from "./pad.js";

const TOO_LATE_S = 0.1; // what is sent so near the end would come after it, and be taken for an override
const BLINK_S = 0.1;

/** @param answer (decision, action) → Promise */
export function makeAsked({ answer }) {
  const title = h("p", { class: "asked-title", "data-testid": "asked-title" });
  const left = h("span", { class: "hint", "data-testid": "asked-left" });
  const fill = h("span", { class: "fill" });
  const about = h("div", { class: "asked-about", "data-testid": "asked-about" });
  const group = h("div", { class: "pad-buttons", role: "group", "aria-label": "Answer" });
  const field = h("textarea", {
    rows: 1,
    spellcheck: "false",
    autocomplete: "off",
    "aria-label": "Answer, as JSON",
    "data-testid": "asked-json",
  });
  const send = h("button", { type: "submit", class: "primary", "data-testid": "asked-send" }, "Answer");
  const form = h("form", { class: "row", onsubmit: (event) => (event.preventDefault(), typed()) }, field, send);
  const body = h("div", {});
  const hint = h("p", { class: "hint" });
  const failure = h("p", { class: "failure", role: "alert", "data-testid": "asked-failure" });
  const element = h(
    "section",
    { class: "asked", "aria-label": "The decision that waits", "data-testid": "asked", hidden: true },
    h("div", { class: "asked-head" }, title, left),
    h("span", { class: "bar", "aria-hidden": "true" }, fill),
    about,
    body,
    hint,
    failure,
  );
  let waiting = []; // due first, first
  let asked = null; // what is shown, also when it is over: the box stays in its place until the next one comes
  let said; // what was answered to it here
  let actions = null;
  let mine = false;
  let ticking = null;

  const left_s = () => asked.until - Date.now() / 1000;
  const waits = () => waiting.includes(asked) && said === undefined && left_s() > TOO_LATE_S;
  const allows = (action) => !actions || !asked.action_mask || Boolean(asked.action_mask[actions.indexOf(action)]);

  async function reply(action) {
    if (!asked || !waits() || !allows(action)) return;
    const { decision } = asked;
    said = action;
    text(failure, "");
    tick();
    try {
      await answer(decision, action);
      announce(`Answered ${brief(action)}`);
    } catch (problem) {
      text(failure, `Not answered. ${problem.message}`);
      if (asked?.decision === decision) said = undefined;
    }
  }

  function typed() {
    try {
      const action = read(field.value);
      if (action !== null) reply(action);
    } catch (problem) {
      text(failure, problem.message);
    }
  }

  /** A key pressed anywhere on the page. @returns whether it was an answer */
  function key(event) {
    if (element.hidden || !mine || !actions?.includes(Number(event.key)) || !/^[0-9]$/.test(event.key)) return false;
    reply(Number(event.key));
    return true; // also between two decisions: an answer that is late is not to become the standing action
  }

  /** What changes with time alone. */
  function tick() {
    if (!element.isConnected || element.hidden) ticking = clearInterval(ticking); // another job is looked at, or it is over
    if (!asked) return;
    const now = waits();
    const share = now ? left_s() / (asked.until - asked.heard_at) : 0;
    const others = waiting.length > 1 ? `, ${plural(waiting.length - 1, "other")} after it` : "";
    attribute(element, "data-waits", now ? "yes" : "no");
    fill.style.setProperty("inline-size", `${(share * 100).toFixed(1)}%`);
    text(left, now ? `${left_s().toFixed(1)} s left${others}` : "");
    text(title, now ? "What should be done?" : said === undefined ? "Too late for this one" : `Answered: ${brief(said)}`);
    send.disabled = !now;
    for (const button of group.children)
      attribute(button, "aria-disabled", now && allows(button.action) ? null : "true");
  }

  /**
   * @param asks what waits at the job
   * @param shown whether this person may answer
   * @param isMine whether single keys are this person's
   */
  function render(view, asks, shown, isMine) {
    waiting = [...asks].sort((a, b) => a.until - b.until);
    if (!shown) asked = null;
    else if (waiting.length && waiting[0].decision !== asked?.decision) show(waiting[0], view);
    element.hidden = !asked;
    mine = isMine;
    if (asked) ticking ??= setInterval(tick, BLINK_S * 1000);
    tick();
  }

  function show(ask, view) {
    if (!asked) announce("A decision waits for you");
    asked = ask;
    said = undefined;
    actions = choices(view.action_space);
    about.replaceChildren(observed(ask.observation, view.observation_space));
    children(body, [actions ? group : form]);
    if (actions) keyed(group, actions, String, button, () => {});
    else if (document.activeElement !== field) field.value = JSON.stringify(ask.baseline_action ?? view.newest?.action);
    text(hint, `${actions ? "Number keys answer too." : `${described(view.action_space)}.`} ${otherwise(ask)}`);
  }

  function button(action) {
    const props = { type: "button", "data-testid": `asked-action-${action}`, onclick: () => reply(action) };
    const node = h("button", props, String(action));
    node.action = action;
    return node;
  }

  return { element, render, key };
}

function otherwise({ baseline_action: baseline }) {
  const none = baseline === null || baseline === undefined;
  return none ? "Unanswered, the call is refused." : `Unanswered, the baseline is done: ${brief(baseline)}.`;
}
