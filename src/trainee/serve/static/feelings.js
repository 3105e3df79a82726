/**
 * How strong each emotion is, where the service says so.
 */
import { h, keyed, text } from "./dom.js";

export function makeFeelings() {
  const list = h("ul", { class: "feelings" });
  const element = h(
    "section",
    { class: "panel", id: "feelings", "data-testid": "feelings", "aria-labelledby": "feelings-title", hidden: true },
    h("div", { class: "panel-head" }, h("h2", { id: "feelings-title" }, "Emotions")),
    list,
  );

  function render({ feelings }) {
    element.hidden = feelings === null;
    if (feelings === null) return;
    const entries = Object.entries(feelings);
    const most = Math.max(1, ...entries.map(([, level]) => Math.abs(level)));
    keyed(
      list,
      entries,
      ([name]) => name,
      make,
      (node, [name, level]) => {
        text(node.name, name);
        text(node.level, level.toFixed(2).replace("-", "−"));
        node.fill.style.setProperty("inline-size", `${(Math.min(Math.abs(level) / most, 1) * 100).toFixed(1)}%`);
      },
    );
  }

  return { element, render };
}

function make([name]) {
  const parts = { name: h("span", {}), level: h("span", { class: "level" }), fill: h("span", { class: "fill" }) };
  const node = h(
    "li",
    { "data-testid": "feeling", "data-feeling": name },
    parts.name,
    h("span", { class: "bar", "aria-hidden": "true" }, parts.fill),
    parts.level,
  );
  return Object.assign(node, parts);
}
