/**
 * A chart over the newest episodes, one column each: its frame, its cursor for pointer and keyboard, and its words.
 *
 * What is drawn is passed in; `returns.js` and `prediction.js` are the two charts made of this.
 */
import { announce, attribute, children, h, s, text } from "./dom.js";
import { clock } from "./format.js";
import { extent, scale, yAxis } from "./charts.js";

const MARGIN = { left: 46, right: 12, top: 26, bottom: 24 };
const HEIGHT = 236;

/**
 * @param kind {
 *   id, title,
 *   values(points) → numbers that have to fit,
 *   draw(frame, points, data) → SVG elements; `frame.x(i)` is the middle of column i, `frame.y(value)` its height,
 *   read(point, data) → one line about an episode,
 *   legend(points, data) → elements,
 *   summary(points) → one sentence about them all,
 *   empty: what to say where there is nothing to draw,
 * }
 * @param onCursor (episode | null) → nothing
 */
export function makePlot(kind, onCursor) {
  const picture = s("svg", { class: "plot", id: kind.id, "data-testid": kind.id, role: "img" });
  const layer = s("g", { class: "drawing" });
  const cursor = s("line", { class: "cursor" });
  picture.append(layer, cursor);
  const readout = h("p", { class: "readout", "data-testid": `${kind.id}-readout` });
  const legend = h("ul", { class: "legend", "aria-label": "Legend" });
  const stage = h(
    "div",
    {
      class: "stage",
      tabindex: "0",
      role: "group",
      "aria-label": `${kind.title}. Left and right arrow keys read single episodes.`,
      onkeydown: keys,
      onpointermove: point,
      onpointerdown: point,
      onpointerleave: () => document.activeElement !== stage && onCursor(null),
      onblur: () => onCursor(null),
    },
    picture,
  );
  const summary = h("p", { class: "summary" });
  const element = h(
    "section",
    { class: "panel chart", "aria-label": kind.title },
    h("div", { class: "panel-head" }, h("h2", {}, kind.title), summary),
    readout,
    stage,
    legend,
  );
  let data = { points: [], marks: [] };
  let width = 0;
  let frame = null;
  let at = null; // the episode under the cursor

  new ResizeObserver(([entry]) => {
    width = Math.floor(entry.contentRect.width);
    draw();
  }).observe(stage);

  function draw() {
    const { points } = data;
    if (!width) return;
    attribute(picture, "viewBox", `0 0 ${width} ${HEIGHT}`);
    attribute(picture, "height", HEIGHT);
    attribute(picture, "data-points", points.length);
    attribute(picture, "aria-label", points.length ? `${kind.title}: ${kind.summary(points)}` : kind.empty);
    const domain = extent(kind.values(points));
    const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, HEIGHT - MARGIN.bottom];
    frame = {
      left,
      right,
      top,
      bottom,
      x: scale(-0.5, Math.max(points.length, 1) - 0.5, left, right),
      y: scale(...domain, bottom, top),
    };
    const nothing = s("text", { class: "nothing", x: width / 2, y: HEIGHT / 2, "text-anchor": "middle" }, kind.empty);
    layer.replaceChildren(
      ...(points.length
        ? [...yAxis(frame, domain), ...times(frame, points), ...kind.draw(frame, points, data).flat(Infinity)]
        : [nothing]),
    );
    children(legend, points.length ? kind.legend(points, data) : []);
    text(summary, points.length ? kind.summary(points) : "");
    place();
  }

  function place() {
    const i = data.points.findIndex((one) => one.episode === at);
    const point = data.points[i] ?? data.points.at(-1);
    attribute(cursor, "visibility", i < 0 ? "hidden" : "visible");
    if (i >= 0 && frame) {
      for (const end of ["x1", "x2"]) attribute(cursor, end, frame.x(i));
      attribute(cursor, "y1", frame.top);
      attribute(cursor, "y2", frame.bottom);
    }
    text(readout, point ? `${i < 0 ? "Newest: " : ""}${kind.read(point, data)}` : "");
  }

  function point(event) {
    if (!frame || !data.points.length) return;
    const share = (event.clientX - picture.getBoundingClientRect().left - frame.left) / (frame.right - frame.left);
    onCursor(data.points[clamped(Math.floor(share * data.points.length))].episode);
  }

  function keys(event) {
    const n = data.points.length;
    const now = data.points.findIndex((one) => one.episode === at);
    const from = now < 0 ? n : now;
    const to = {
      ArrowLeft: from - 1,
      ArrowRight: from + 1,
      PageUp: from - 10,
      PageDown: from + 10,
      Home: 0,
      End: n - 1,
    }[event.key];
    if (to === undefined || !n) return;
    event.preventDefault();
    const next = data.points[clamped(to)];
    onCursor(next.episode);
    announce(kind.read(next, data));
  }

  const clamped = (i) => Math.min(Math.max(i, 0), data.points.length - 1);

  return {
    element,
    /** Draw these: {points: oldest first, marks, …}. */
    render(next) {
      data = next;
      draw();
    },
    /** Put the cursor on this episode; null takes it away. */
    cursor(episode) {
      at = episode;
      place();
    },
  };
}

/** When the episodes at some columns ended. */
function times(frame, points) {
  const amount = Math.min(points.length, Math.max(2, Math.floor((frame.right - frame.left) / 130)));
  const far = points.at(-1).ended_at - points[0].ended_at > 86400;
  return Array.from({ length: amount }, (_, k) => {
    const i = amount === 1 ? 0 : Math.round((k * (points.length - 1)) / (amount - 1));
    const anchor = k === 0 ? "start" : k === amount - 1 ? "end" : "middle";
    const x = k === 0 ? frame.left : k === amount - 1 ? frame.right : frame.x(i);
    return s(
      "text",
      { class: "time", x, y: frame.bottom + 18, "text-anchor": anchor },
      clock(points[i].ended_at, !far),
    );
  });
}
