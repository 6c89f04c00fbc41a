// The queue of a desk without network: what it knew when the line was lost, and what its journal added. Nothing here
// touches the page or the store: each wish becomes one step of the journal, or a refusal.
import { checkGiving, checkTime, dayOf, inOrder, passedBy, Refused } from "./rules.js";

const GENERAL_LAST = 70;
const BLOCK_LAST = 99;
const RECALLS = 2;
const TO_CALL = new Set(["waiting", "no-show", "parked"]);
const AT_WINDOW = new Set(["called", "serving"]);

const time = (text) => (text ? Date.parse(text) : null);

// `kept` is what keep.js stored: {state, lease, skew}; `journal` the steps since, in order.
export function queueOf(kept, journal) {
  const { state, lease, skew } = kept;
  const numbers = new Map(state.numbers.map((one) => [one.label, {
    ...one, starts_at: time(one.starts_at), drawn_at: time(one.drawn_at), called_at: time(one.called_at),
  }]));
  const queue = { state, lease, skew, numbers, visits: new Map(), used: { ...kept.used }, last: 0 };
  for (const step of journal) apply(queue, step);
  return queue;
}

// The city's time by this desk's clock, which was compared when the line was there; it never runs backwards.
export const timeOf = (queue, at) => Math.max(queue.last, at + queue.skew);

function apply(queue, { at, send, more }) {
  const now = timeOf(queue, at);
  queue.last = now;
  const one = queue.numbers.get(send.label) ?? found(queue, send, more ?? {}, now);
  if (more?.series) queue.used[more.series] = Math.max(queue.used[more.series] ?? 0, more.place);
  if (send.visit) queue.visits.set(send.visit, send.label);
  DEEDS[send.what]?.(queue, one, send, now);
}

function found(queue, send, more, now) {
  const one = {
    label: send.label,
    number: Number(send.label.slice(1)),
    kind: more.kind ?? "",
    lane: more.lane ?? "general",
    starts_at: more.starts_at ?? null,
    reserved: Boolean(send.visit),
    state: "waiting",
    needs: send.needs ?? false,
    drawn_at: now,
    passed_over: 0,
    recalled: 0,
    own: true,
  };
  queue.numbers.set(send.label, one);
  return one;
}

const DEEDS = {
  call(queue, one, send, now) {
    const waiting = [...queue.numbers.values()].filter((other) => other.state === "waiting" && other.kind === one.kind);
    if (one.state === "waiting") for (const passed of passedBy(one, waiting, now)) passed.passed_over += 1;
    Object.assign(one, { state: "called", window: send.window, called_at: now, recalled: 0, mine: true, own: true });
  },
  recall: (_queue, one) => Object.assign(one, { recalled: one.recalled + 1 }),
  start: (_queue, one) => Object.assign(one, { state: "serving" }),
  park: (_queue, one, send) => Object.assign(one, { state: "parked", reason: send.reason, mine: false }),
  absent: (_queue, one) => Object.assign(one, { state: "no-show", mine: false }),
  served: (_queue, one) => Object.assign(one, { state: "served", mine: false }),
};

export const current = (queue) => [...queue.numbers.values()].find((one) => one.mine && AT_WINDOW.has(one.state));
const isServed = (queue, one) => queue.state.served.length === 0 || queue.state.served.includes(one.kind);
const inState = (queue, state) => [...queue.numbers.values()].filter((one) => one.state === state);
const isOurs = (queue, one) => one.own || one.share === queue.state.window || one.share === null;

export function waiting(queue, now) {
  const all = inOrder(inState(queue, "waiting").filter((one) => isServed(queue, one)), now);
  return { ours: all.filter((one) => isOurs(queue, one)), others: all.filter((one) => !isOurs(queue, one)) };
}

export const setAside = (queue) => [...inState(queue, "parked"), ...inState(queue, "no-show").filter((one) => one.own)];
export const isReady = (queue, now) => queue.state.day === dayOf(now) && queue.lease.day === queue.state.day;

function nextNumber(queue, letter, series, first, last) {
  const place = Math.max(queue.used[series] ?? 0, first - 1) + 1;
  if (place > last) throw new Refused("numbers-gone");
  return { label: `${letter}${queue.lease.block * 100 + place}`, series, place };
}

function givingOf(queue, kind) {
  const one = queue.state.giving.find((given) => given.kind === kind);
  if (!one) throw new Refused("office-closed-today");
  return one;
}

// --- wishes: each returns {send, more} for the journal, or throws Refused ---

export function give(queue, now, { kind, needs }) {
  const { letter, opens, until } = givingOf(queue, kind);
  checkGiving(opens, until, now);
  const { label, series, place } = nextNumber(queue, letter, letter, 1, GENERAL_LAST);
  return { send: { what: "number", label, needs }, more: { kind, series, place } };
}

export function checkIn(queue, now, { hash }) {
  if (queue.visits.has(hash)) return { known: queue.visits.get(hash) };
  const visit = queue.state.visits.find((one) => one.hash === hash);
  if (!visit) throw new Refused("visit-not-listed");
  const startsAt = time(visit.starts_at);
  checkTime(startsAt, now);
  const letter = visit.express ? "E" : givingOf(queue, visit.kind).letter;
  const [series, first] = visit.express ? ["E", 1] : [`${letter} reserved`, GENERAL_LAST + 1];
  const { label, place } = nextNumber(queue, letter, series, first, BLOCK_LAST);
  const lane = visit.express ? "express" : "general";
  const more = { kind: visit.kind, lane, starts_at: startsAt, series, place };
  return { send: { what: "check-in", label, visit: hash }, more };
}

function toWindow(queue, label, more) {
  if (!queue.state.window) throw new Refused("window-not-chosen");
  if (current(queue)) throw new Refused("desk-busy");
  return { send: { what: "call", label, window: queue.state.window }, more };
}

export function callNext(queue, now) {
  const [first] = waiting(queue, now).ours;
  if (!first) throw new Refused("nobody-waiting");
  return toWindow(queue, first.label);
}

// Also a number on a slip of another desk, which this one has never heard of.
export function callOne(queue, now, { label }) {
  const one = queue.numbers.get(label);
  if (one && !TO_CALL.has(one.state)) throw new Refused("ticket-elsewhere");
  const letter = label.slice(0, 1);
  const kind = queue.state.giving.find((given) => given.letter === letter)?.kind;
  if (!one && !(/^[A-Z]\d{4,5}$/.test(label) && (kind || letter === "E"))) throw new Refused("ticket-not-found");
  return toWindow(queue, label, one ? undefined : { kind: kind ?? "", lane: letter === "E" ? "express" : "general" });
}

export function atWindow(queue, now, { what, ...facts }) {
  const one = current(queue);
  if (!one) throw new Refused("ticket-elsewhere");
  if (what === "absent" && one.recalled < RECALLS) throw new Refused("recall-first", { times: RECALLS });
  if (what === "recall" && one.state !== "called") throw new Refused("ticket-elsewhere");
  if (what === "served" && one.reserved && !facts.document) throw new Refused("document-missing");
  return { send: { what, label: one.label, ...facts } };
}
