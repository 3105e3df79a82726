/**
 * The calls of the service, with the key.
 *
 * The key is kept for this tab only, in sessionStorage. Where a call is answered 401 the person is asked for one, once
 * for all calls that were refused, and the calls are made again.
 */
const KEPT = "trainee.key";

/** What the service answered when it did not do what was asked; `status` 0 where it did not answer at all. */
export class Problem extends Error {
  constructor(status, code, message, retryAfter_s = null) {
    super(message);
    Object.assign(this, { status, code, retryAfter_s });
  }
}

/**
 * @param askKey (why: string | null) → Promise of a key, or of null where the person would not give one
 * @param onKey () → nothing; called when another key is in use
 */
export function makeApi({ askKey, onKey }) {
  let asking = null;

  async function call(method, path, body, options = {}) {
    const response = await open(method, path, body, options);
    return response.json();
  }

  /** As `call`, without reading the answer's body. */
  async function open(method, path, body, { signal, headers = {} } = {}) {
    for (;;) {
      const used = key();
      const response = await sent(
        method,
        path,
        body,
        signal,
        used ? { ...headers, Authorization: `Bearer ${used}` } : headers,
      );
      if (response.ok) return response;
      const problem = await refusal(response);
      if (response.status !== 401 || !(await anotherKey(used, problem))) throw problem;
    }
  }

  async function anotherKey(used, problem) {
    if (key() !== used) return true; // another call was refused before this one, and has a new key already
    asking ??= askKey(used === null ? null : problem.message).finally(() => (asking = null));
    const given = await asking;
    if (given === null) return false;
    if (key() !== given) {
      keep(given);
      onKey();
    }
    return true;
  }

  return { call, open, key, keep };
}

function key() {
  return sessionStorage.getItem(KEPT);
}

/** Keep this key for the tab; null forgets it. */
function keep(given) {
  if (given === null) sessionStorage.removeItem(KEPT);
  else sessionStorage.setItem(KEPT, given);
}

async function sent(method, path, body, signal, headers) {
  // Relative to the page, so that the service may stand behind a proxy under any path.
  const url = new URL(path, document.baseURI);
  const json = body === undefined ? {} : { "Content-Type": "application/json" };
  try {
    return await fetch(url, {
      method,
      signal,
      cache: "no-store",
      headers: { Accept: "application/json", ...json, ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "unreachable", "The service does not answer. Nothing is known to have been done.");
  }
}

async function refusal(response) {
  const after = Number(response.headers.get("Retry-After"));
  const said = await response.json().then(
    (body) => body.error,
    () => null,
  );
  const message = said?.message ?? `The service answered ${response.status}.`;
  return new Problem(response.status, said?.code ?? "unknown", String(message), after > 0 ? after : null);
}
