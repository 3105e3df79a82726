/**
 * Puts the page together: the key, the address, what is shown under it, and whether the service is heard.
 *
 * Addresses: `#/` is the overview, `#/jobs/<name>` is one job.
 */
import { announce, attribute, children, h, text } from "./dom.js";
import { askKey } from "./dialogs.js";
import { clock } from "./format.js";
import { listenToKeys, off } from "./keyboard.js";
import { makeApi } from "./api.js";
import { makeFeed } from "./feed.js";
import { makeJob } from "./job.js";
import { makeOverview } from "./overview.js";
import { makeStore } from "./state.js";
import { modeWords } from "./control.js";

const main = document.getElementById("main");
const crumbs = document.getElementById("crumbs");
const connection = document.getElementById("connection");
const lost = document.getElementById("lost");
const keyButton = document.getElementById("key");

const store = makeStore();
const api = makeApi({ askKey, onKey: () => readMe().catch(() => {}) });
const feed = makeFeed({ api, store });
const context = { api, feed, store };
const crumb = h("span", { "aria-current": "page" });
const crumbMode = h("span", { class: "crumb-mode" });
let view = makeOverview(context);
let moved = false; // to another address: its heading is to be read, once it is there

/** The job that the address names, or null for the overview. */
function addressed() {
  const name = /^#\/jobs\/(.+)$/.exec(location.hash)?.[1];
  try {
    return name === undefined ? null : decodeURIComponent(name);
  } catch {
    return name;
  }
}

function go() {
  const job = addressed();
  view = job === null ? makeOverview(context) : makeJob(context);
  main.replaceChildren(view.element);
  scrollTo(0, 0);
  feed.open(job);
  render(store.get());
}

function render(state) {
  const { open, link, jobs } = state;
  const control = jobs.get(open)?.control;
  text(crumb, open ?? "");
  text(crumbMode, control ? modeWords(control) : "");
  attribute(crumbMode, "data-mode", control?.mode);
  children(crumbs, [crumbs.firstElementChild, open !== null && crumb, open !== null && crumbMode]);
  const unusual = control && { paused: "paused", person: modeWords(control) }[control.mode];
  document.title = [open, open && unusual, "Trainee"].filter(Boolean).join(" · ");
  renderLink(link);
  if (link.kind === "refused") main.replaceChildren(refused(link.problem));
  else {
    if (main.firstElementChild !== view.element) main.replaceChildren(view.element);
    view.render(state);
    if (moved && view.heading.isConnected) {
      view.heading.focus({ preventScroll: true });
      moved = false;
    }
  }
}

let saidLost = false;

function renderLink(link) {
  const words = connection.lastElementChild;
  attribute(connection, "data-kind", link.kind);
  text(words, { connecting: "Connecting", live: "Live", lost: "Lost", refused: "Not allowed" }[link.kind]);
  const gone = link.kind === "lost" || (link.kind === "connecting" && saidLost);
  if (gone !== saidLost && link.kind !== "connecting")
    announce(gone ? "The connection is lost. The page tries again by itself." : "Connected again.");
  if (link.kind !== "connecting") saidLost = gone;
  lost.hidden = !gone;
  if (gone && !lost.firstChild) {
    lost.append(
      h("p", {}),
      h("button", { type: "button", class: "small", "data-testid": "try-now", onclick: () => feed.now() }, "Try now"),
    );
  }
  if (gone) countDown(link);
}

function countDown(link) {
  const wait_s = Math.ceil((link.retryAt ?? 0) - Date.now() / 1000);
  const next = link.kind === "connecting" || wait_s <= 0 ? "Trying now…" : `Trying again in ${wait_s} s.`;
  text(lost.firstChild, `Connection lost. What you see is from ${clock(link.since)}. ${next}`);
}

/** What stands in place of the page where the service will not show it. */
function refused(problem) {
  const wantsKey = problem.status === 401 || problem.status === 403;
  const title =
    problem.status === 401
      ? "This service wants an API key"
      : problem.status === 404
        ? "There is no such job"
        : "This key may not watch";
  return h(
    "section",
    { class: "panel empty", "data-testid": "refused" },
    h("h1", { tabindex: "-1" }, title),
    h("p", {}, problem.message),
    h(
      "div",
      { class: "row" },
      wantsKey &&
        h(
          "button",
          { type: "button", class: "primary", "data-testid": "enter-key", onclick: changeKey },
          "Enter a key",
        ),
      h("a", { href: "#/" }, "All jobs"),
    ),
  );
}

async function changeKey() {
  const given = await askKey(api.key() === null ? null : "A key is in use. Another one takes its place, for this tab.");
  if (given === null) return;
  api.keep(given);
  await begin();
}

async function begin() {
  try {
    await readMe();
  } catch (problem) {
    store.tell("link", { kind: "refused", problem });
    render(store.get());
    return;
  }
  go();
}

/** Whose key it is, and what it may do. Throws only where the service wants a key and got none. */
async function readMe() {
  try {
    const me = await api.call("GET", "v1/me");
    store.tell("me", me);
    keyButton.hidden = api.key() === null;
    text(keyButton, me.name || "Key");
    const where = me.jobs ? ` at ${me.jobs.join(", ")}` : "";
    keyButton.title = `${me.name || "This key"} may ${me.scopes.join(", ") || "nothing"}${where}. Change the key.`;
  } catch (problem) {
    if (problem.status === 401) throw problem;
    store.tell("me", null); // not known: the service itself refuses what is not allowed
  }
}

store.watch(render);
addEventListener("hashchange", () => {
  moved = true;
  go();
});
keyButton.addEventListener("click", changeKey);
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address after # says what is shown
  main.focus();
});
addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select") || document.querySelector("dialog[open]");
  if (off() && !event.target.closest?.("#pad")) return;
  if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented && view.key?.(event))
    event.preventDefault();
});
listenToKeys({
  overview: () => (location.hash = "#/"),
  close: () => feed.choose(null),
});
setInterval(() => store.get().link.kind === "lost" && renderLink(store.get().link), 1000);
begin();
