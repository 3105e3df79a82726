/**
 * The standing action of a person in control: buttons where the actions can be listed, a JSON field where they cannot.
 */
import { announce, attribute, children, h, keyed, text } from "./dom.js";
import { brief } from "./format.js";
import { choices, described, example } from "./spaces.js";

const WAIT = "";

/** The field of the dialog in which the first standing action is chosen. `read` turns its words into an action. */
export function actionField(space, newest) {
  const listed = choices(space);
  if (listed) {
    const options = listed.map((action) => h("option", { value: String(action) }, `Action ${action}`));
    const control = h(
      "select",
      { "data-testid": "ask-action" },
      options,
      h("option", { value: WAIT }, "None: I answer one by one"),
    );
    const known = listed.includes(newest);
    control.value = known ? String(newest) : WAIT;
    return {
      name: "action",
      label: "Standing action",
      hint: known ? "At first the action that was taken last." : null,
      control,
      read: (said) => (said === WAIT ? null : Number(said)),
    };
  }
  const control = h("textarea", { rows: 2, spellcheck: "false", autocomplete: "off", "data-testid": "ask-action" });
  control.value = JSON.stringify(newest ?? example(space));
  return {
    name: "action",
    label: "Standing action, as JSON",
    hint: `${described(space)}. Empty: you answer one by one.`,
    control,
    read,
  };
}

/** What a person typed, as an action; null where nothing is typed. */
export function read(said) {
  if (said.trim() === "") return null;
  try {
    return JSON.parse(said);
  } catch {
    throw new Error(`${said.slice(0, 40)} is not JSON. Write a number, or a list such as [0.5, -1].`);
  }
}

/** @param put (mode, action, reason) → Promise */
export function makePad({ put }) {
  const group = h("div", {
    class: "pad-buttons",
    role: "radiogroup",
    "aria-label": "Standing action",
    onkeydown: arrows,
  });
  const field = h("textarea", {
    rows: 1,
    spellcheck: "false",
    autocomplete: "off",
    "aria-label": "Standing action, as JSON",
    "data-testid": "standing-action-json",
  });
  const set = h("button", { type: "submit", "data-testid": "standing-action-set" }, "Set");
  const form = h("form", { class: "row", onsubmit: (event) => (event.preventDefault(), typed()) }, field, set);
  const hint = h("p", { class: "hint" });
  const failure = h("p", { class: "failure", role: "alert", "data-testid": "pad-failure" });
  const body = h("div", {});
  const element = h(
    "div",
    { class: "pad", id: "pad", "data-testid": "pad", hidden: true },
    h("p", { class: "label" }, "Standing action"),
    body,
    hint,
    failure,
  );
  let actions = null;
  let standing = null;
  let mine = false;
  let wanted; // what was chosen while another choice was still under way; only the newest is sent
  let busy = false;

  async function choose(action) {
    standing = action;
    paint();
    if (busy) {
      wanted = { action };
      return;
    }
    busy = true;
    try {
      for (let next = { action }; next; wanted = undefined) {
        await put("person", next.action);
        next = wanted;
      }
      text(failure, "");
      announce(`Standing action ${brief(standing)}`);
    } catch (problem) {
      text(failure, `Not set. ${problem.message}`);
    } finally {
      busy = false;
      wanted = undefined;
    }
  }

  function typed() {
    try {
      choose(read(field.value));
    } catch (problem) {
      text(failure, problem.message);
    }
  }

  function step(by) {
    const at = actions.indexOf(standing);
    choose(at < 0 ? actions[0] : actions[(at + by + actions.length) % actions.length]);
  }

  function arrows(event) {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    step(by);
    group.querySelector('[aria-checked="true"]')?.focus();
  }

  /** A key pressed anywhere on the page. @returns whether it was the pad's */
  function key(event) {
    if (element.hidden || !mine || !actions) return false;
    if (/^[0-9]$/.test(event.key) && actions.includes(Number(event.key))) {
      choose(Number(event.key));
      return true;
    }
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!by || event.target !== document.body) return false; // elsewhere arrows scroll, or move in a list or a chart
    step(by);
    return true;
  }

  function paint() {
    if (!actions) return;
    keyed(
      group,
      actions,
      String,
      (action) =>
        h(
          "button",
          { type: "button", role: "radio", "data-testid": `standing-action-${action}`, onclick: () => choose(action) },
          String(action),
        ),
      (node, action) => {
        const chosen = action === standing;
        attribute(node, "aria-checked", String(chosen));
        attribute(node, "tabindex", chosen || (!actions.includes(standing) && action === actions[0]) ? "0" : "-1");
      },
    );
  }

  function render(view, shown, isMine) {
    element.hidden = !shown;
    if (!shown) return;
    mine = isMine;
    actions = choices(view.action_space);
    children(body, [actions ? group : form]);
    if (!busy) standing = view.control.action;
    if (actions) paint();
    else if (document.activeElement !== field && !busy && field.dataset.standing !== JSON.stringify(standing)) {
      field.dataset.standing = JSON.stringify(standing);
      field.value = standing === null || standing === undefined ? "" : JSON.stringify(standing);
    }
    text(
      hint,
      actions
        ? mine
          ? standing === null || standing === undefined
            ? "What is chosen here answers every decision from then on."
            : "Number keys and arrow keys choose too."
          : "Choosing here puts you in control."
        : `${described(view.action_space)}.`,
    );
  }

  function focus() {
    if (element.hidden) return false;
    (actions ? (group.querySelector('[tabindex="0"]') ?? group.firstElementChild) : field).focus();
    return true;
  }

  return { element, render, key, focus };
}
