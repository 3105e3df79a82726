/**
 * One colour for each version, the same everywhere on the page and as long as it is open.
 */
import { h } from "./dom.js";

const COLOURS = 6; // .v0 to .v5 in charts.css; told apart by the colour-blind too
const seen = new Map([["live", 0]]);

/** "v0" for the live learner, else the next of the others, in the order in which versions were first met. */
export function versionClass(version) {
  if (!seen.has(version)) seen.set(version, 1 + ((seen.size - 1) % (COLOURS - 1)));
  return `v${seen.get(version)}`;
}

/** The version's name with its colour. */
export function versionTag(version) {
  return h("span", { class: `version ${versionClass(version)}`, title: version }, h("i", { "aria-hidden": "true" }), h("span", {}, version));
}
