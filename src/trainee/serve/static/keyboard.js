/**
 * Single-key shortcuts. They press buttons that stand on the page, so they can do no more than the buttons can.
 */
import { h } from "./dom.js";
import { show } from "./dialogs.js";

const OFF = "trainee.shortcuts.off";
const BUTTONS = {
  p: ["Pause, or resume", ["pause", "resume"]],
  t: ["Take over, or hand back", ["take-over", "hand-back"]],
  r: ["New release", ["new-release"]],
  a: ["Advance the newest release", ["advance"]],
  l: ["Hold the list of decisions, or let it go on", ["list-pause"]],
  d: ["Dark, light, or as the system has it", ["theme"]],
};
const OTHERS = [
  ["0 … 9", "When you have taken over: the answer to the decision that waits, or else the standing action"],
  [
    "← ↑ → ↓",
    "The action before or after, when you have taken over; episode by episode on a chart; decision by decision in the list",
  ],
  ["o", "Overview of all jobs"],
  ["/", "Find a job, on the overview"],
  ["Esc", "Close what is open"],
  ["?", "This list"],
];

export function listenToKeys({ overview, close }) {
  addEventListener("keydown", (event) => {
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.defaultPrevented ||
      document.querySelector("dialog[open]")
    )
      return;
    if (event.key === "Escape") return close();
    if (event.target.closest?.("input, textarea, select") || off()) return;
    if (event.key === "?") return showShortcuts();
    if (event.key === "o") return overview();
    const button = pressable(event.key);
    if (!button) return;
    event.preventDefault();
    button.tagName === "INPUT" ? button.focus() : button.click();
  });
  document.getElementById("shortcuts").addEventListener("click", showShortcuts);
}

function pressable(key) {
  const ids = key === "/" ? ["job-filter"] : (BUTTONS[key]?.[1] ?? []);
  return ids
    .map((id) => document.querySelector(`[data-testid="${id}"]`))
    .find((node) => node && node.offsetParent !== null);
}

/** Whether the person has switched single keys off. */
export function off() {
  try {
    return localStorage.getItem(OFF) === "yes";
  } catch {
    return false;
  }
}

function showShortcuts() {
  const rows = [...Object.entries(BUTTONS).map(([key, [words]]) => [key, words]), ...OTHERS];
  const on = h("input", { type: "checkbox", id: "shortcuts-on" });
  on.checked = !off();
  on.addEventListener("change", () => {
    try {
      localStorage.setItem(OFF, on.checked ? "no" : "yes");
    } catch {
      on.checked = true; // nowhere to keep it
    }
  });
  show(
    "Keyboard",
    "shortcuts-dialog",
    h(
      "dl",
      { class: "keys" },
      rows.map(([key, words]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, words)]),
    ),
    h(
      "p",
      { class: "check" },
      on,
      h("label", { for: "shortcuts-on" }, "Single keys do this (? always may be clicked)"),
    ),
  );
}
