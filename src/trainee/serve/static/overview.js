/**
 * All jobs beside each other, small.
 */
import { attribute, children, h, keyed, text } from "./dom.js";
import { count, number, plural, rate } from "./format.js";
import { modeSign, modeWords } from "./control.js";
import { noJobs } from "./empty.js";
import { sparkline } from "./charts.js";
import { versionTag } from "./versions.js";

const FILTER_FROM = 7;

export function makeOverview({ api, store }) {
  const heading = h("h1", { tabindex: "-1" }, "Jobs");
  const summary = h("p", { class: "soft", "data-testid": "jobs-summary" });
  const filter = h("input", {
    type: "search",
    class: "filter",
    placeholder: "Find a job",
    "aria-label": "Find a job",
    "data-testid": "job-filter",
    oninput: () => render(store.get()),
  });
  const cards = h("ul", { class: "cards", "data-testid": "jobs" });
  const waiting = h("p", { class: "soft" }, "Reading the jobs…");
  const none = h("p", { class: "soft" }, "No job has that in its name.");
  const element = h("div", { class: "overview" });
  const head = h("div", { class: "page-head" }, h("div", {}, heading, summary), filter);
  let empty = null;

  function render(state) {
    const all = [...state.jobs.values()];
    if (!all.length) {
      empty ??= noJobs(api.key() !== null);
      children(element, [state.jobsKnown ? empty : waiting]);
      return;
    }
    empty = null;
    filter.hidden = all.length < FILTER_FROM && !filter.value;
    const wanted = filter.value.trim().toLowerCase();
    const shown = all
      .filter((view) => view.job.toLowerCase().includes(wanted))
      .sort((a, b) => (a.job < b.job ? -1 : 1));
    text(summary, summed(all));
    keyed(
      cards,
      shown,
      (view) => view.job,
      card,
      (node, view) => node.show(view),
    );
    children(element, [head, shown.length ? cards : none]);
  }

  return { element, heading, render };
}

function summed(all) {
  const by = (mode) => all.filter((view) => view.control.mode === mode).length;
  const parts = [
    by("agent") && `${count(by("agent"))} with the agent`,
    by("paused") && `${count(by("paused"))} paused`,
    by("person") && `${count(by("person"))} with a person`,
  ];
  return `${plural(all.length, "job")}: ${parts.filter(Boolean).join(", ")}`;
}

function card({ job }) {
  const sign = h("span", { class: "mode-sign" });
  const mode = h("span", { class: "card-mode-words" });
  const version = h("span", { class: "card-version" });
  const spark = h("div", { class: "card-spark" });
  const figures = {
    return: figure("return lately"),
    rate: figure("decisions a second"),
    episodes: figure("episodes"),
    behind: figure("learning"),
  };
  const link = h(
    "a",
    { class: "card", href: `#/jobs/${encodeURIComponent(job)}`, "data-testid": "job-card", "data-job": job },
    h("div", { class: "card-head" }, h("h2", { title: job }, job), version),
    h("p", { class: "card-mode", "data-testid": "card-mode" }, sign, mode),
    spark,
    h(
      "dl",
      { class: "figures" },
      Object.values(figures).map((one) => one.element),
    ),
  );
  const node = h("li", {}, link);
  let drawn = null;
  node.show = (view) => {
    const { control, counts, learned, release } = view;
    if (link.dataset.mode !== control.mode) sign.replaceChildren(modeSign(control.mode));
    attribute(link, "data-mode", control.mode);
    attribute(link, "data-ready", String(view.ready));
    text(mode, view.ready ? modeWords(control) : "Being made ready");
    const trial =
      release && ["shadow", "canary"].includes(release.stage) ? `${release.version} in ${release.stage}` : "";
    if (version.dataset.said !== `${view.serving} ${trial}`) {
      version.dataset.said = `${view.serving} ${trial}`;
      version.replaceChildren(versionTag(view.serving), ...(trial ? [h("small", {}, trial)] : []));
    }
    text(figures.return.value, number(view.recent_return));
    text(figures.rate.value, rate(view.decisions_per_s));
    text(figures.episodes.value, count(counts.episodes));
    text(figures.behind.value, learned.behind ? `${count(learned.behind)} behind` : "up to date");
    const tail = view.curve_tail ?? [];
    if (drawn === JSON.stringify(tail)) return;
    drawn = JSON.stringify(tail);
    const few = h("p", { class: "hint" }, tail.length ? "One episode has ended" : "No episode has ended yet");
    spark.replaceChildren(tail.length > 1 ? sparkline(tail) : few);
  };
  return node;
}

function figure(label) {
  const value = h("dd", {});
  return { element: h("div", {}, h("dt", {}, label), value), value };
}
