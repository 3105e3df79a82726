/**
 * The return of each episode, coloured by the version that decided it, with what people did marked on it.
 */
import { h, s } from "./dom.js";
import { clock, number, plural } from "./format.js";
import { dots, line, running } from "./charts.js";
import { makePlot } from "./plot.js";
import { versionClass, versionTag } from "./versions.js";

const MEAN_OF = 20;
const CLOSE_PX = 12;
const MARKS = {
  release: { words: "release", d: "M-5 4 0-5 5 4Z" },
  control: { words: "control changed", d: "M-4-5h3V5h-3ZM1-5h3V5h-3Z" },
  override: { words: "override", d: "M0-6 6 0 0 6-6 0Z" },
  drift: { words: "drift", d: "M-6 2c2-7 4-7 6-2s4 5 6-2l0 3c-2 6-4 6-6 2s-4-5-6 2Z" },
};

export function makeReturns(onCursor) {
  return makePlot(
    {
      id: "chart-returns",
      title: "Return by episode",
      empty: "No episode has ended yet",
      values: (points) => points.map((p) => p.return),
      draw,
      read,
      legend,
      summary: (points) => {
        const recent = points.slice(-MEAN_OF).map((p) => p.return);
        return `mean of the last ${recent.length}: ${number(running(recent, recent.length).at(-1))}`;
      },
    },
    onCursor,
  );
}

function draw(frame, points, { marks }) {
  const groups = new Map();
  points.forEach((point, i) => {
    if (!Number.isFinite(point.return)) return;
    const shape = `${point.source === "agent" ? "round" : "square"}${point.stage === "canary" ? " canary" : ""}`;
    const kind = `${versionClass(point.version)} ${shape}`;
    if (!groups.has(kind)) groups.set(kind, []);
    groups.get(kind).push([frame.x(i), frame.y(point.return)]);
  });
  const mean = running(
    points.map((p) => p.return),
    MEAN_OF,
  ).map((value, i) => value !== null && [frame.x(i), frame.y(value)]);
  return [
    [...groups].map(([kind, places]) =>
      [
        dots(places, { class: `dots ${kind}` }),
        kind.endsWith("canary") && dots(places, { class: `dots hole ${kind}` }),
      ].filter(Boolean),
    ),
    s("path", { class: "mean", d: line(mean) }),
    clusters(frame, points, marks).map((cluster) => drawnMark(frame, cluster)),
  ];
}

/** Marks at their places between the episodes, those of one kind that would overlap as one. */
function clusters(frame, points, marks) {
  const placed = [];
  for (const mark of [...marks].sort((a, b) => a.at - b.at)) {
    if (!MARKS[mark.kind] || mark.at < points[0].ended_at) continue;
    const x = frame.x(column(points, mark.at));
    const near = placed.findLast((one) => one.kind === mark.kind);
    if (near && x - near.x < CLOSE_PX) near.marks.push(mark);
    else placed.push({ kind: mark.kind, x, marks: [mark] });
  }
  return placed;
}

/** Between which columns a moment falls: 3.5 is between the episodes 3 and 4. */
function column(points, at) {
  const next = points.findIndex((point) => point.ended_at > at);
  return next < 0 ? points.length - 0.5 : next - 0.5;
}

function drawnMark(frame, { kind, x, marks }) {
  const said = marks
    .slice(-5)
    .map((mark) => `${clock(mark.at)} ${mark.text}`)
    .join("\n");
  const atEnd = x > frame.right - 24;
  const more = marks.length > 5 ? `\nand ${marks.length - 5} before` : "";
  return s(
    "g",
    { class: `mark ${kind}`, "data-testid": "mark", "data-kind": kind, transform: `translate(${x.toFixed(1)} 0)` },
    s("title", {}, said + more),
    s("line", { y1: frame.top - 6, y2: frame.bottom }),
    s("path", { d: MARKS[kind].d, transform: `translate(0 ${frame.top - 14})` }),
    marks.length > 1 &&
      s("text", { x: atEnd ? -9 : 9, y: frame.top - 10, "text-anchor": atEnd ? "end" : "start" }, String(marks.length)),
  );
}

function read(point, { marks, points }) {
  const before = points[points.indexOf(point) - 1]?.ended_at ?? point.ended_at;
  const during = marks.filter((mark) => mark.at > before && mark.at <= point.ended_at).map((mark) => mark.text);
  const who = { agent: "", mixed: ", not only the agent decided" }[point.source] ?? `, ${point.source} decided`;
  const stage = point.stage === "full" ? "" : `, ${point.stage}`;
  return [
    `${clock(point.ended_at)}: return ${number(point.return)} in ${plural(point.length, "step")}`,
    `version ${point.version}${stage}${who}`,
    ...during,
  ].join(" · ");
}

function legend(points, { marks }) {
  const sample = (kind) => s("svg", { class: "swatch", viewBox: "0 0 12 12", "aria-hidden": "true" }, kind);
  const versions = [...new Set(points.map((p) => p.version))];
  const shown = new Set(marks.filter((mark) => mark.at >= points[0].ended_at).map((mark) => mark.kind));
  const square = points.some((p) => p.source !== "agent");
  return [
    ...versions.slice(-8).map((version) => h("li", {}, versionTag(version))),
    square && h("li", {}, sample(dots([[6, 6]], { class: "dots square ink" })), "not only the agent"),
    points.some((p) => p.stage === "canary") &&
      h(
        "li",
        {},
        sample([dots([[6, 6]], { class: "dots round ink" }), dots([[6, 6]], { class: "dots hole" })]),
        "canary",
      ),
    h("li", {}, sample(s("path", { class: "mean", d: "M0 6h12" })), `mean of ${MEAN_OF}`),
    ...Object.entries(MARKS)
      .filter(([kind]) => shown.has(kind))
      .map(([kind, { words, d }]) =>
        h("li", {}, sample(s("g", { class: `mark ${kind}`, transform: "translate(6 6)" }, s("path", { d }))), words),
      ),
  ].filter(Boolean);
}
