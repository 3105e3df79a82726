/**
 * What the agent expected at the beginning of each episode, with its 80% band, against what came of it.
 */
import { h, s } from "./dom.js";
import { clock, number, percent } from "./format.js";
import { band, dots, line } from "./charts.js";
import { makePlot } from "./plot.js";

export function makePrediction(onCursor) {
  return makePlot(
    {
      id: "chart-prediction",
      title: "Predicted against realised",
      empty: "Shown once an episode has ended",
      values: (points) => points.flatMap((p) => [p.predicted, p.realised, p.low, p.high]),
      draw,
      read,
      legend,
      summary: (points) => {
        const judged = points.filter(isJudged);
        return judged.length
          ? `${percent(judged.filter(isInside).length / judged.length)} inside the 80% band`
          : "no predictions to judge yet";
      },
    },
    onCursor,
  );
}

function isJudged(point) {
  return [point.realised, point.low, point.high].every(Number.isFinite);
}

function isInside(point) {
  return point.low <= point.realised && point.realised <= point.high;
}

function draw(frame, points) {
  const places = (name) =>
    points.map((point, i) => (Number.isFinite(point[name]) ? [frame.x(i), frame.y(point[name])] : null));
  const realised = places("realised");
  const outside = points.map((point) => isJudged(point) && !isInside(point));
  return [
    s("path", { class: "band", d: band(places("high"), places("low")) }),
    s("path", { class: "predicted", d: line(places("predicted")) }),
    dots(
      realised.filter((place, i) => place && !outside[i]),
      { class: "dots round ink" },
    ),
    dots(
      realised.filter((place, i) => place && outside[i]),
      { class: "dots square outside" },
    ),
  ];
}

function read(point) {
  const interval =
    Number.isFinite(point.low) && Number.isFinite(point.high)
      ? `, between ${number(point.low)} and ${number(point.high)}`
      : "";
  const where = isJudged(point) ? (isInside(point) ? "; inside" : "; outside") : "";
  return `${clock(point.ended_at)}: predicted ${number(point.predicted)}${interval}; realised ${number(point.realised)}${where}`;
}

function legend() {
  const entry = (words, ...shapes) =>
    h("li", {}, s("svg", { class: "swatch", viewBox: "0 0 12 12", "aria-hidden": "true" }, shapes), words);
  return [
    entry("80% band", s("path", { class: "band", d: "M0 1h12v10h-12Z" })),
    entry("predicted", s("path", { class: "predicted", d: "M0 6h12" })),
    entry("realised", dots([[6, 6]], { class: "dots round ink" })),
    entry("outside the band", dots([[6, 6]], { class: "dots square outside" })),
  ];
}
