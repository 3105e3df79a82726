/**
 * What every chart is made of: scales, ticks, lines, and the sparkline. All are pure: numbers in, SVG elements out.
 */
import { s } from "./dom.js";
import { number } from "./format.js";

/** The linear map from [low, high] to [from, to]; a domain of one point maps to the middle. */
export function scale(low, high, from, to) {
  const width = high - low;
  return (value) => (width === 0 ? (from + to) / 2 : from + ((value - low) / width) * (to - from));
}

/** Round numbers within [low, high], about `amount` of them. */
export function ticks(low, high, amount) {
  const rough = (high - low) / amount;
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((candidate) => candidate >= rough);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** Lowest and highest of the finite ones, with a little air; [0, 1] where there are none. */
export function extent(values) {
  const finite = values.filter(Number.isFinite);
  if (!finite.length) return [0, 1];
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  const air = (high - low || Math.abs(high) || 1) * 0.06;
  return [low - air, high + air];
}

/** The mean of each value and up to `width` − 1 before it; null where none of them is finite. */
export function running(values, width) {
  return values.map((_, i) => {
    const recent = values.slice(Math.max(0, i - width + 1), i + 1).filter(Number.isFinite);
    return recent.length ? recent.reduce((sum, value) => sum + value, 0) / recent.length : null;
  });
}

/** "M…L…" through the points [x, y]; a null breaks the line. */
export function line(points) {
  let pen = "M";
  return points
    .map((point) => {
      if (!point) return ((pen = "M"), "");
      const piece = `${pen}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
      pen = "L";
      return piece;
    })
    .join("");
}

/** The area between two lines of [x, y]; where either is null there is a gap. */
export function band(upper, lower) {
  let path = "";
  for (let from = 0; from < upper.length; from += 1) {
    if (!upper[from] || !lower[from]) continue;
    let to = from;
    while (to + 1 < upper.length && upper[to + 1] && lower[to + 1]) to += 1;
    const back = lower.slice(from, to + 1).reverse();
    path += `${line(upper.slice(from, to + 1))}${line(back).replace("M", "L")}Z`;
    from = to;
  }
  return path;
}

/** Many dots as one path: lines of no length, which round or square caps make visible. */
export function dots(points, props) {
  return s("path", { ...props, d: points.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join("") });
}

/** Horizontal lines with their numbers at the left of the frame {left, right, y}. */
export function yAxis(frame, [low, high]) {
  const amount = Math.max(2, Math.round((frame.bottom - frame.top) / 36));
  return ticks(low, high, amount).map((value) => {
    const y = frame.y(value);
    return s(
      "g",
      { class: value === 0 ? "tick zero" : "tick" },
      s("line", { x1: frame.left, x2: frame.right, y1: y, y2: y }),
      s("text", { x: frame.left - 8, y: y + 4, "text-anchor": "end" }, number(Number(value.toPrecision(12)))),
    );
  });
}

/** A line of the newest values without axes, with a dot on the last one. */
export function sparkline(values, width = 240, height = 48) {
  const finite = (values ?? []).filter(Number.isFinite);
  const node = s("svg", {
    class: "sparkline",
    viewBox: `0 0 ${width} ${height}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  if (finite.length < 2) return node;
  const [low, high] = extent(finite);
  const x = scale(0, finite.length - 1, 3, width - 5);
  const y = scale(low, high, height - 4, 4);
  const points = finite.map((value, i) => [x(i), y(value)]);
  node.append(
    s("path", { class: "area", d: `${line(points)}L${x(finite.length - 1)} ${height}L${x(0)} ${height}Z` }),
    s("path", { class: "line", d: line(points) }),
    dots(points.slice(-1), { class: "end" }),
  );
  return node;
}
