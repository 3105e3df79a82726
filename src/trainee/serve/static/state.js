/**
 * What the page knows, and how each thing it hears changes that: (state, heard) → state. Nothing here touches the
 * page.
 */
const MOST_EPISODES = 500;
const MOST_DECISIONS = 200;
const PERSON_S = 30; // how long a decision without a deadline waits for a person
export const SHORTEST_S = 0.8; // what waits for less cannot be read, let alone answered

export const EMPTY = {
  me: null, // who the key belongs to; null: not known, so nothing is greyed out
  link: { kind: "connecting" }, // "connecting", "live", "lost" with retryAt and since, "refused" with problem
  jobs: new Map(), // by name, as JobView
  jobsKnown: false,
  open: null, // the name of the job that is looked at
  ...closed(),
};

function closed() {
  return {
    known: false, // the open job's history has been read
    curve: [],
    marks: [],
    feelings: null,
    decisions: [], // newest first
    olderDecisions: undefined, // where to go on reading; null: there are no older ones; undefined: not read yet
    room: MOST_DECISIONS,
    chosen: null, // the name of the decision whose details are shown
    detail: null, // that decision
    asked: [], // decisions that wait for a person, each with `heard_at` and `until` by this clock
    releases: [],
    ledger: [],
    olderLedger: undefined,
  };
}

/** A holder of the state: `tell` it what was heard; `watch` is called with the state, at most once a frame. */
export function makeStore() {
  let state = EMPTY;
  let due = false;
  const watchers = [];
  function tell(kind, heard = {}) {
    const before = state;
    state = after(state, kind, heard);
    if (state === before || due) return;
    due = true;
    // Not requestAnimationFrame alone: ten decisions a second are read no better than four.
    setTimeout(() => {
      due = false;
      watchers.forEach((watcher) => watcher(state));
    }, 120);
  }
  return { tell, get: () => state, watch: (watcher) => watchers.push(watcher) };
}

/** The state after hearing `heard`, which is of this kind: an event of the service's, or a thing that the page read. */
export function after(state, kind, heard) {
  const change = CHANGES[kind];
  return change ? { ...state, ...change(state, heard) } : state;
}

const CHANGES = {
  me: (_, me) => ({ me }),
  link: (state, link) => ({
    link: { since: state.link.since ?? Date.now() / 1000, ...link, ...(link.kind === "live" && { since: null }) },
  }),
  opened: (_, { job }) => ({ open: job, ...closed() }),
  state: (state, { jobs }) => ({
    jobs: withJobs(state, jobs, false),
    jobsKnown: true,
    releases: withRelease(state, state.known && jobs.find((view) => view.job === state.open)?.release), // new verdicts
  }),
  jobs: (state, { jobs }) => ({ jobs: withJobs(state, jobs, true), jobsKnown: true }),
  history: (state, view) => ({
    known: true,
    jobs: withJobs(state, [view], false),
    curve: view.curve ?? [],
    marks: view.marks ?? [],
    feelings: view.feelings ?? null,
  }),
  control: (state, { job, control }) => ({ jobs: withControl(state, job, control) }),
  decisions: (state, { decisions, before, older }) => {
    if (older)
      return {
        room: state.room + decisions.length,
        decisions: merged(state.decisions, decisions),
        olderDecisions: before,
      };
    // After a long loss there would be a hole between what is known and what is read; then only what is read holds.
    const hole = decisions.length > 0 && state.decisions.length > 0 && decisions.at(-1).seq > state.decisions[0].seq;
    const fresh = hole || state.olderDecisions === undefined;
    return {
      decisions: merged(hole ? [] : state.decisions, decisions),
      olderDecisions: fresh ? before : state.olderDecisions,
    };
  },
  chosen: (state, { decision }) => ({
    chosen: decision,
    detail: state.decisions.find((d) => d.decision === decision) ?? null,
  }),
  detail: (state, decision) => ({
    decisions: state.decisions.map((d) => (d.decision === decision.decision ? decision : d)),
    detail: state.chosen === decision.decision ? decision : state.detail,
  }),
  releases: (_, { releases }) => ({ releases }),
  ledger: (state, { entries, before, older }) => ({
    ledger: bySeq(older ? [...state.ledger, ...entries] : [...entries, ...state.ledger]),
    olderLedger: older || state.olderLedger === undefined ? before : state.olderLedger,
  }),

  asked: (state, ask) => {
    const heard_at = Date.now() / 1000;
    const wait_s = ask.deadline_ms ? ask.deadline_ms / 1000 : PERSON_S;
    if (ask.job !== state.open || wait_s < SHORTEST_S) return {};
    // What is asked still waits; where that is over by its own word, the service's clock is another one.
    const until = Math.min(heard_at + wait_s, ask.until > heard_at ? ask.until : Infinity);
    return { asked: [...unanswered(state, ask, heard_at), { ...ask, heard_at, until }] };
  },
  decided: (state, decision) => ({
    asked: unanswered(state, decision, Date.now() / 1000),
    jobs: withNewest(state, decision),
    ...(decision.job === state.open && { decisions: merged([decision], state.decisions).slice(0, state.room) }),
  }),
  rewarded: (state, { decision, at, ...reward }) =>
    withDecision(state, decision, (d) => rewarded(d, { ...reward, at }, rule(state, d))),
  defaulted: (state, { decision, value }) =>
    withDecision(state, decision, (d) => ({ ...d, account: value, settled: true })),
  episode_ended: (state, point) => {
    // Some services say only that it ended; its return is read once its rewards are settled.
    if (point.return === undefined || point.job !== state.open || state.curve.some((p) => p.episode === point.episode))
      return {};
    return { curve: [...state.curve, point].slice(-MOST_EPISODES) };
  },
  released: (state, release) => ({ releases: withRelease(state, release) }),
  release_moved: (state, release) => ({ releases: withRelease(state, release) }),
  control_set: (state, { job, mode, action = null, by = null, reason = null, at }) =>
    mode ? { jobs: withControl(state, job, { mode, action, by, reason, at }) } : {},
};

function withJobs(state, views, all) {
  const jobs = new Map(all ? [] : state.jobs);
  for (const view of views ?? []) {
    const known = state.jobs.get(view.job);
    jobs.set(view.job, known ? { ...view, control: newer(known.control, view.control) } : view);
  }
  return jobs;
}

function withJob(state, name, change) {
  const view = state.jobs.get(name);
  return view ? new Map(state.jobs).set(name, { ...view, ...change }) : state.jobs;
}

function withControl(state, name, control) {
  const known = state.jobs.get(name)?.control;
  return withJob(state, name, { control: newer(known, control) });
}

/** A state that was sent before a change may come after it; the change stands. */
function newer(known, said) {
  return known && said && (known.at ?? 0) > (said.at ?? 0) ? known : said;
}

function withNewest(state, decision) {
  const newest = state.jobs.get(decision.job)?.newest;
  return newest && newest.seq > decision.seq ? state.jobs : withJob(state, decision.job, { newest: decision });
}

/** Both, newest first, each decision once; where both have it, `stronger` holds. */
function merged(weaker, stronger) {
  const each = new Map([...weaker, ...stronger].map((decision) => [decision.decision, decision]));
  return [...each.values()].sort((a, b) => b.seq - a.seq);
}

function bySeq(entries) {
  return [...new Map(entries.map((entry) => [entry.seq, entry])).values()].sort((a, b) => b.seq - a.seq);
}

function withDecision(state, name, change) {
  const there = state.decisions.some((d) => d.decision === name);
  if (!there && state.chosen !== name) return {};
  return {
    decisions: there ? state.decisions.map((d) => (d.decision === name ? change(d) : d)) : state.decisions,
    detail: state.chosen === name && state.detail ? change(state.detail) : state.detail,
  };
}

function rule(state, decision) {
  return state.jobs.get(decision.job)?.rewards ?? "sum";
}

/** The decision with one more reward, and its account by the job's rule. Late rewards are kept, and not counted. */
function rewarded(decision, reward, rule) {
  if ((decision.rewards ?? []).some((known) => known.reward_id === reward.reward_id)) return decision;
  const rewards = [...(decision.rewards ?? []), reward];
  const counted = rewards.filter((r) => !r.late).map((r) => r.value);
  const sum = counted.reduce((total, value) => total + value, 0);
  const account = { sum, mean: sum / counted.length, last: counted.at(-1) }[rule];
  return reward.late
    ? { ...decision, rewards }
    : { ...decision, rewards, account, settled: decision.settled || reward.final };
}

/** What still waits after a word of this decision. Word of some is left out, so that a later one of the episode counts. */
function unanswered(state, { episode, sequence }, now) {
  const left = state.asked.filter((ask) => ask.until > now && !(ask.episode === episode && ask.sequence <= sequence));
  return left.length === state.asked.length ? state.asked : left;
}

function withRelease(state, release) {
  // An event may only say that it moved; it is read then.
  if (typeof release?.release !== "string" || !release.history || release.job !== state.open) return state.releases;
  const known = state.releases.find((r) => r.release === release.release);
  if (!known) return [release, ...state.releases];
  if (JSON.stringify({ ...known, ...release }) === JSON.stringify(known)) return state.releases;
  return state.releases.map((r) => (r === known ? { ...r, ...release } : r));
}

/** Whether the key may do what needs `scope` at this job. */
export function may(state, scope, job) {
  const { me } = state;
  return !me || (me.scopes.includes(scope) && (!me.jobs || job === null || me.jobs.includes(job)));
}
