/**
 * Server-sent events over fetch, because EventSource cannot send a key. Goes on after the last id, with backoff.
 */
const LONGEST_WAIT_S = 30;
const QUIET_S = 12; // the service says its state once a second; a connection silent for so long is dead

/**
 * A parser of the event stream format: feed it text as it comes, in pieces cut anywhere.
 *
 * @param emit ({id, event, data}) → nothing; `id` is the newest that was said, on this or an earlier message
 * Source: WHATWG HTML, 9.2.6. Differs: `retry` is ignored, the service's `Retry-After` is not.
 */
export function makeParser(emit) {
  let buffer = "";
  let id = null;
  let event = "";
  let data = [];

  function line(text) {
    if (text === "") {
      if (data.length) emit({ id, event: event || "message", data: data.join("\n") });
      event = "";
      data = [];
      return;
    }
    const colon = text.indexOf(":");
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id" && !value.includes("\0")) id = value;
  }

  return function feed(piece) {
    buffer += piece;
    // A return at the very end waits: its newline may be in the next piece.
    const lines = buffer.split(/\r\n|\n|\r(?!$)/);
    buffer = lines.pop();
    lines.forEach(line);
  };
}

/**
 * Follow a stream until stopped.
 *
 * @param connect (lastId | null, signal) → Promise of a Response; what it throws with status 401, 403 or 404 is final
 * @param onMessage ({id, event, data}) → nothing
 * @param onStatus ({kind: "connecting" | "live" | "lost" | "refused", …}) → nothing
 * @returns {{stop, now}} `now` tries again at once
 */
export function follow({ connect, onMessage, onStatus }) {
  const stopped = new AbortController();
  let lastId = null;
  let failures = 0;
  let wake = () => {};

  async function once() {
    const connection = new AbortController();
    const end = () => connection.abort();
    stopped.signal.addEventListener("abort", end);
    let quiet = setTimeout(end, QUIET_S * 1000);
    try {
      const response = await connect(lastId, connection.signal);
      onStatus({ kind: "live" });
      const parse = makeParser((message) => {
        failures = 0; // only a message proves the connection: a server that accepts and hangs up is not to be hammered
        lastId = message.id ?? lastId;
        onMessage(message);
      });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(quiet);
        quiet = setTimeout(end, QUIET_S * 1000);
        if (!stopped.signal.aborted) parse(value);
      }
    } finally {
      clearTimeout(quiet);
      connection.abort();
      stopped.signal.removeEventListener("abort", end);
    }
  }

  async function forever() {
    while (!stopped.signal.aborted) {
      let problem = null;
      try {
        await once();
      } catch (error) {
        problem = error;
      }
      if (stopped.signal.aborted) return;
      if ([401, 403, 404].includes(problem?.status)) return onStatus({ kind: "refused", problem });
      const wait_s = problem?.retryAfter_s ?? Math.min(LONGEST_WAIT_S, 2 ** failures) * (0.75 + Math.random() / 2);
      failures += 1;
      onStatus({ kind: "lost", retryAt: Date.now() / 1000 + wait_s });
      await sleep(wait_s);
      if (!stopped.signal.aborted) onStatus({ kind: "connecting" });
    }
  }

  function sleep(seconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  const now = () => wake();
  addEventListener("online", now, { signal: stopped.signal });
  onStatus({ kind: "connecting" });
  forever();
  return {
    now,
    stop() {
      stopped.abort();
      wake();
    },
  };
}
