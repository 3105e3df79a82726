/**
 * Reads what the page shows, follows what happens, and reads again what an event only hints at.
 */
import { follow } from "./stream.js";

const PAGE = 50;
const FEELINGS_S = 5;
const EPISODES_S = 1;

export function makeFeed({ api, store }) {
  let following = null;
  let reading = new AbortController();
  const waiting = new Map();

  /** Look at this job, or at all of them (null). */
  function open(job) {
    close();
    store.tell("opened", { job });
    let read = false;
    const readOnce = () => {
      if (!read) readAll(job);
      read = true;
    };
    following = follow({
      connect: (lastId, signal) =>
        api.open("GET", eventsPath(job), undefined, {
          signal,
          headers: { Accept: "text/event-stream", ...(lastId !== null && { "Last-Event-ID": lastId }) },
        }),
      onStatus: (status) => {
        store.tell("link", status);
        // Read after the stream stands, so that nothing falls between; after a loss read again, to fill the gap.
        if (status.kind === "live") readOnce();
        if (status.kind === "lost") read = false;
      },
      onMessage: ({ event, data }) => hear(event, JSON.parse(data)),
    });
    soon("first", readOnce, 1.5); // where a proxy holds the stream back, the page still shows what can be read
  }

  function close() {
    following?.stop();
    reading.abort();
    reading = new AbortController();
    for (const timer of waiting.values()) clearTimeout(timer);
    waiting.clear();
  }

  function readAll(job) {
    if (job === null) {
      read("v1/jobs", (answer) => store.tell("jobs", answer));
      return;
    }
    readHistory(job);
    read(`${jobPath(job)}/decisions?limit=${PAGE}`, (answer) => store.tell("decisions", answer));
    readReleases(job);
    readLedger(job);
  }

  function readHistory(job) {
    read(jobPath(job), (view) => {
      store.tell("history", view);
      if (view.feelings) soon("feelings", () => readHistory(job), FEELINGS_S);
    });
  }

  function readReleases(job) {
    read(`v1/releases?job=${encodeURIComponent(job)}`, (answer) => store.tell("releases", answer));
  }

  function readLedger(job) {
    read(`${jobPath(job)}/ledger?limit=${PAGE}`, (answer) => store.tell("ledger", answer));
  }

  async function read(path, then) {
    const { signal } = reading;
    try {
      const answer = await api.call("GET", path, undefined, { signal });
      if (!signal.aborted) then(answer);
    } catch (problem) {
      if (signal.aborted) return;
      const all = path === "v1/jobs" || path === jobPath(store.get().open);
      if (problem.status === 401 || (all && [403, 404].includes(problem.status)))
        store.tell("link", { kind: "refused", problem });
      else console.warn(`${path} was not read: ${problem.message}`); // the stream's banner tells the person
    }
  }

  /** Do this once, after a moment, however often it is asked for until then. */
  function soon(what, act, wait_s = 0.4) {
    if (waiting.has(what)) return;
    waiting.set(
      what,
      setTimeout(() => {
        waiting.delete(what);
        act();
      }, wait_s * 1000),
    );
  }

  function hear(kind, heard) {
    store.tell(kind, heard);
    const { open: job, chosen } = store.get();
    if (kind === "job_made" && job === null) soon("jobs", () => readAll(null));
    if (kind === "state" && job !== null) readNewEpisodes(job, heard.jobs);
    if (job === null || heard.job !== job) return;
    if (["overridden", "released", "release_moved", "control_set"].includes(kind)) {
      soon("history", () => readHistory(job)); // its marks
      soon("ledger", () => readLedger(job));
    }
    if (kind === "released" || kind === "release_moved") soon("releases", () => readReleases(job));
    if (kind === "overridden") soon(heard.decision, () => readDecision(heard.decision));
    if (chosen && heard.decision === chosen && kind !== "decided") soon(chosen, () => readDecision(chosen));
  }

  /** An episode is a point of the curve once its rewards are settled; that it is, the job's newest returns say. */
  function readNewEpisodes(job, views) {
    const { curve, known } = store.get();
    const tail = views.find((view) => view.job === job)?.curve_tail ?? [];
    const drawn = curve.slice(-tail.length).map((point) => point.return);
    if (known && JSON.stringify(tail) !== JSON.stringify(drawn)) soon("episodes", () => readHistory(job), EPISODES_S);
  }

  function readDecision(name) {
    read(`v1/decisions/${encodeURIComponent(name)}`, (decision) => store.tell("detail", decision));
  }

  return {
    open,
    close,
    now: () => following?.now(),
    choose(name) {
      store.tell("chosen", { decision: name });
      if (name !== null) readDecision(name);
    },
    readDecision,
    olderDecisions() {
      const { open: job, olderDecisions } = store.get();
      read(`${jobPath(job)}/decisions?before=${olderDecisions}&limit=${PAGE}`, (answer) =>
        store.tell("decisions", { ...answer, older: true }),
      );
    },
    olderLedger() {
      const { open: job, olderLedger } = store.get();
      read(`${jobPath(job)}/ledger?before=${olderLedger}&limit=${PAGE}`, (answer) =>
        store.tell("ledger", { ...answer, older: true }),
      );
    },
  };
}

/** All that happens at a job; of all jobs only what their states, which come anyway, do not say. */
function eventsPath(job) {
  return job === null ? "v1/events?kinds=job_made" : `v1/events?job=${encodeURIComponent(job)}`;
}

export function jobPath(job) {
  return `v1/jobs/${encodeURIComponent(job)}`;
}
