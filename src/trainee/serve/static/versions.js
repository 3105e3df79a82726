/**
 * One colour for each version, the same everywhere on the page.
 */
import { h } from "./dom.js";

const OTHERS = 5; // .v1 to .v5 in charts.css, told apart by the colour-blind too; .v0 is the live learner
const unnumbered = new Map();

/** "v0" for the live learner; else by the version's number, so that neighbours differ, or by the order of first meeting. */
export function versionClass(version) {
  if (version === "live") return "v0";
  const numbered = /^v(\d+)$/.exec(version);
  if (!numbered && !unnumbered.has(version)) unnumbered.set(version, unnumbered.size + 1);
  const place = numbered ? Number(numbered[1]) : unnumbered.get(version);
  return `v${1 + ((place + OTHERS - 1) % OTHERS)}`;
}

/** The version's name with its colour. */
export function versionTag(version) {
  return h(
    "span",
    { class: `version ${versionClass(version)}`, title: version },
    h("i", { "aria-hidden": "true" }),
    h("span", {}, version),
  );
}
