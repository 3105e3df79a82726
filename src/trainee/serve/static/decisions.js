/**
 * Decisions one by one, newest first. The list holds still while someone points at it, or when told to.
 */
import { announce, attribute, h, keyed, text } from "./dom.js";
import { brief, clock, moment, plural, signed, withSpread } from "./format.js";
import { corrected, makeDecision } from "./decision.js";
import { noDecisions } from "./empty.js";
import { versionTag } from "./versions.js";

export function makeDecisions(context) {
  const { api, feed, store } = context;
  const status = h("p", { class: "summary", "data-testid": "list-status" });
  const pause = h(
    "button",
    {
      type: "button",
      class: "small",
      id: "list-pause",
      "data-testid": "list-pause",
      "aria-pressed": "false",
      "aria-keyshortcuts": "l",
      onclick: toggle,
    },
    "Hold",
  );
  const rows = h("tbody", { "data-testid": "decisions", onkeydown: keys });
  const headings = [
    ["When", ""],
    ["Action", ""],
    ["Expected", "num"],
    ["Brought", "num"],
    ["By", ""],
    ["Version", "wide"],
  ];
  const table = h(
    "table",
    { class: "decisions" },
    h("caption", { class: "unseen" }, "Decisions, newest first"),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        headings.map(([words, kind]) => h("th", { scope: "col", class: kind }, words)),
      ),
    ),
    rows,
  );
  const older = h(
    "button",
    { type: "button", class: "small", "data-testid": "list-older", onclick: () => feed.olderDecisions() },
    "Older",
  );
  const list = h("div", { class: "decision-list" }, table, older);
  list.addEventListener("pointerenter", (event) => hold("pointing", event.pointerType === "mouse"));
  list.addEventListener("pointerleave", () => hold("pointing", false));
  list.addEventListener("focusin", (event) => hold("focused", event.target.matches(":focus-visible")));
  list.addEventListener("focusout", () => hold("focused", false));
  const detail = makeDecision(context);
  const none = h("div", {});
  const both = h("div", { class: "decision-pair" }, list, detail.element);
  const element = h(
    "section",
    { class: "panel", id: "decisions", "aria-labelledby": "decisions-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "decisions-title" }, "Decisions"), status, pause),
    none,
    both,
  );
  const held = { told: false, pointing: false, focused: false };
  let shown = []; // what stands in the list while it is held

  function toggle() {
    hold("told", !held.told);
    announce(held.told ? "The list holds still" : "The list goes on");
  }

  function hold(why, whether) {
    if (held[why] === whether) return;
    held[why] = whether;
    render(store.get());
  }

  function render(state) {
    const view = state.jobs.get(state.open);
    if (!view) return;
    const any = state.decisions.length > 0;
    both.hidden = !any;
    pause.hidden = !any;
    if (!any && state.known && !none.firstChild) none.append(noDecisions(view, api.key() !== null));
    none.hidden = any;

    const still = held.told || held.pointing || held.focused;
    shown = still && shown.length ? refreshed(shown, state.decisions) : state.decisions;
    const fresh = still && shown.length ? state.decisions.findIndex((d) => d.seq <= shown[0].seq) : 0;
    const waiting = fresh > 0 ? `, ${plural(fresh, "newer one", "newer ones")} waiting` : "";
    text(status, !any ? "" : held.told ? `held${waiting}` : still ? `held while you are here${waiting}` : "live");
    attribute(pause, "aria-pressed", String(held.told));
    text(pause, held.told ? "Go on" : "Hold");
    keyed(
      rows,
      shown,
      (d) => d.decision,
      (d) => row(d, feed),
      (node, d) => node.show(d, d.decision === state.chosen),
    );
    oneTabStop();
    older.hidden = state.olderDecisions === null || state.olderDecisions === undefined;
    detail.render(state);
  }

  /** Tab enters the list at one row, and arrow keys go on from there; else Tab would take hundreds of steps to pass. */
  function oneTabStop() {
    const stop = rows.querySelector("tr:focus-within, tr[data-chosen]") ?? rows.firstElementChild;
    for (const one of rows.children) attribute(one.querySelector("button"), "tabindex", one === stop ? "0" : "-1");
  }

  function keys(event) {
    const by = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const to = by && event.target.closest("tr")?.[by]?.querySelector("button");
    if (!to) return;
    event.preventDefault();
    to.focus();
    oneTabStop();
  }

  return { element, render };
}

/** The rows that stand, with what became known of them, and older ones that were asked for. */
function refreshed(shown, decisions) {
  const known = new Map(decisions.map((d) => [d.decision, d]));
  const last = shown.at(-1).seq;
  return [...shown.map((d) => known.get(d.decision) ?? d), ...decisions.filter((d) => d.seq < last)];
}

const WHO = { agent: "agent", baseline: "baseline", person: "person" };

function row(decision, feed) {
  const open = h("button", { type: "button", class: "row-button", title: moment(decision.at) }, clock(decision.at));
  const cells = {
    action: h("td", { class: "act" }),
    value: h("td", { class: "num" }),
    account: h("td", { class: "num account" }),
    by: h("td", {}),
    version: h("td", { class: "wide" }, versionTag(decision.version)),
  };
  const node = h(
    "tr",
    {
      "data-testid": "decision-row",
      "data-decision": decision.decision,
      onclick: () => feed.choose(node.dataset.chosen ? null : decision.decision),
    },
    h("td", { class: "when" }, open),
    Object.values(cells),
  );
  let last = null;
  node.show = (d, chosen) => {
    attribute(node, "data-chosen", chosen ? "yes" : null);
    attribute(open, "aria-expanded", String(chosen));
    if (d === last) return;
    last = d;
    attribute(node, "data-source", d.override ? "person" : d.source);
    text(
      cells.action,
      corrected(d)
        ? `${brief(d.override.action, 14)} in place of ${brief(d.action, 14)}`
        : d.abandon
          ? "abandon"
          : brief(d.action, 28),
    );
    text(cells.value, withSpread(d.value, d.spread));
    text(cells.account, d.account === null || d.account === undefined ? "…" : signed(d.account));
    attribute(cells.account, "data-settled", String(Boolean(d.settled)));
    const stage = d.stage && d.stage !== "full" ? ` · ${d.stage}` : "";
    text(
      cells.by,
      corrected(d)
        ? "override"
        : `${WHO[d.source] ?? d.source}${d.fallback ? ` · ${String(d.fallback).replaceAll("_", " ")}` : stage}`,
    );
  };
  return node;
}
