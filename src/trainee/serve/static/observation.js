/**
 * What the agent saw: numbers with their place in their range, pictures as pictures, anything else as JSON.
 */
import { h } from "./dom.js";
import { number } from "./format.js";
import { bounds } from "./spaces.js";

const MOST_ROWS = 48;
const MOST_LETTERS = 20_000;

export function observed(observation, space) {
  if (space?.type === "Dict" && observation && typeof observation === "object") {
    const parts = Object.entries(observation);
    if (parts.length && parts.every(([, part]) => typeof part === "number"))
      return h("ul", { class: "seen named" }, parts.map(([name, part]) => row(name, part, bounds(space.spaces?.[name]))));
    return h(
      "div",
      { class: "parts" },
      parts.map(([name, part]) => [h("h5", {}, name), observed(part, space.spaces?.[name])]),
    );
  }
  if (typeof observation === "number") return h("ul", { class: "seen" }, row("", observation, bounds(space)));
  if (flat(observation) && observation.length <= MOST_ROWS)
    return h("ul", { class: "seen" }, observation.map((value, i) => row(String(i), value, bounds(space, i))));
  const grid = pixels(observation);
  if (grid) return h("div", {}, picture(grid), h("details", {}, h("summary", {}, "As JSON"), json(observation)));
  return json(observation);
}

function flat(value) {
  return Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === "number");
}

/** A number, and where it lies in its range if that is known. */
function row(name, value, [low, high]) {
  const fill = h("span", { class: "fill" });
  const known = Number.isFinite(low) && Number.isFinite(high) && high > low;
  const share = known ? Math.min(Math.max((value - low) / (high - low), 0), 1) : 0;
  fill.style.setProperty("inline-size", `${(share * 100).toFixed(1)}%`);
  return h(
    "li",
    { title: known ? `${number(low)} to ${number(high)}` : null },
    h("span", { class: "hint" }, name),
    h("span", { class: "level" }, number(value)),
    known && h("span", { class: "bar", "aria-hidden": "true" }, fill),
  );
}

/** Rows of brightnesses, from [height][width] or [height][width][channels]; null where it is neither. */
function pixels(value) {
  if (
    !Array.isArray(value) ||
    value.length < 2 ||
    !value.every((row) => Array.isArray(row) && row.length === value[0].length && row.length > 1)
  )
    return null;
  const brightness = (cell) => (flat(cell) ? cell.reduce((sum, part) => sum + part, 0) / cell.length : cell);
  const grid = value.map((row) => row.map(brightness));
  return grid.flat().every(Number.isFinite) ? grid : null;
}

function picture(grid) {
  const [height, width] = [grid.length, grid[0].length];
  const canvas = h("canvas", {
    class: "picture",
    width,
    height,
    role: "img",
    "aria-label": `${height} × ${width} numbers, brighter is more`,
  });
  const all = grid.flat();
  const low = all.reduce((a, b) => Math.min(a, b));
  const high = all.reduce((a, b) => Math.max(a, b));
  const image = new ImageData(width, height);
  all.forEach((value, i) => {
    const grey = high > low ? Math.round(((value - low) / (high - low)) * 255) : 128;
    image.data.set([grey, grey, grey, 255], i * 4);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

function json(value) {
  const whole = JSON.stringify(value) ?? "nothing";
  const cut = whole.length > MOST_LETTERS ? `${whole.slice(0, MOST_LETTERS)} … ${whole.length} letters in all` : whole;
  return h("pre", { tabindex: "0", "aria-label": "Observation as JSON" }, cut);
}
