/**
 * Everything that people, and the gates in their place, did to the job.
 */
import { h, keyed, text } from "./dom.js";
import { clock, moment } from "./format.js";

export function makeLedger({ feed }) {
  const list = h("ol", { class: "ledger", "data-testid": "ledger", tabindex: "0", "aria-labelledby": "ledger-title" });
  const empty = h(
    "p",
    { class: "soft" },
    "Nobody has stepped in yet. Pauses, take-overs, overrides and releases are written down here, with who did it and why.",
  );
  const older = h(
    "button",
    { type: "button", class: "small", "data-testid": "ledger-older", onclick: () => feed.olderLedger() },
    "Older",
  );
  const element = h(
    "section",
    { class: "panel", "aria-labelledby": "ledger-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "ledger-title" }, "Ledger")),
    empty,
    list,
    older,
  );

  function render({ ledger, olderLedger, known }) {
    empty.hidden = !known || ledger.length > 0;
    older.hidden = olderLedger === null || olderLedger === undefined;
    keyed(
      list,
      ledger,
      (entry) => String(entry.seq),
      row,
      () => {},
    );
  }

  return { element, render };
}

function row(entry) {
  const said = h("p", { class: "ledger-text" });
  text(said, entry.text);
  return h(
    "li",
    { "data-testid": "ledger-row", "data-kind": entry.kind },
    h("time", { title: moment(entry.at) }, clock(entry.at)),
    h(
      "div",
      {},
      said,
      h("p", { class: "hint" }, `${String(entry.kind).replaceAll("_", " ")}${entry.by ? ` · ${entry.by}` : ""}`),
    ),
  );
}
