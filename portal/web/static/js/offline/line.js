// Talking to the portal while there is a line. "lost": nobody answers; "signed-out": it does, but not to us.
import { keep, load, forget } from "./store.js";

export { isThere } from "./base.js";

const PATIENCE = 6000;
const PART = 200;

export class Lost extends Error {}
export class SignedOut extends Error {}
export class Stopped extends Error {
  constructor(problem) {
    super(problem.code);
    this.problem = problem;
  }
}

async function ask(path, options = {}, patience = PATIENCE) {
  let answer;
  try {
    const headers = { Accept: "application/json", ...options.headers };
    answer = await fetch(`/staff/window/offline${path}`, { ...options, headers, signal: AbortSignal.timeout(patience) });
  } catch {
    throw new Lost("no answer");
  }
  if (answer.status >= 500 || answer.status === 429) throw new Lost(String(answer.status));
  if (answer.status === 401 || answer.redirected) throw new SignedOut("sign in");
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Stopped(said);
  return said;
}

const send = (path, csrf, body, patience) => ask(path, {
  method: "POST",
  headers: { "X-CSRF-Token": csrf, "Content-Type": "application/json" },
  body: JSON.stringify(body),
}, patience);

// Ask how the hall is, and keep it, unless there are steps it would hide. A browser without a lease of today gets one.
export const refresh = () => navigator.locks.request("offline-desk", look);

async function look() {
  const state = await ask("/state");
  const skew = Date.parse(state.now) - Date.now();
  const { kept, journal } = await load();
  if (journal.length > 0) return { state, kept, waiting: journal.length };
  let { lease, used } = kept ?? {};
  if (state.giving.length > 0 && !(lease?.day === state.day && lease?.who === state.who)) {
    lease = { ...await send("/lease", state.csrf, {}), day: state.day, who: state.who };
    used = {};
  }
  const { csrf, ...shown } = state;
  const now = await keep((old, count) => {
    const given = old?.lease?.id === lease?.id ? old?.used : used;
    return count > 0 ? null : { lease, used: given, state: shown, skew };
  });
  return { state, kept: now ?? kept, waiting: 0 };
}

// Send the journal in parts; what was answered is forgotten here. Returns how many steps no longer fitted.
export async function merge(csrf) {
  let conflicts = 0;
  for (;;) {
    const { kept, journal } = await load();
    const part = journal.slice(0, PART);
    if (part.length === 0) return conflicts;
    const body = {
      lease: kept.lease.id,
      secret: kept.lease.secret,
      sent_at: new Date().toISOString(),
      steps: part.map(({ id, place, at, send: facts }) => ({ id, place, at: new Date(at).toISOString(), ...facts })),
    };
    const { steps } = await send("/merge", csrf, body, 60_000);
    conflicts += steps.filter((one) => one.outcome === "conflict").length;
    await forget(new Set(steps.map((one) => one.id)));
  }
}

// The page and its parts are kept for the time without a line.
export async function keepPages() {
  if (!("serviceWorker" in navigator)) return false;
  await navigator.serviceWorker.register("/staff/window/offline/worker.js", { scope: "/staff/window" });
  const ready = await navigator.serviceWorker.ready;
  ready.active.postMessage("keep");
  return true;
}
