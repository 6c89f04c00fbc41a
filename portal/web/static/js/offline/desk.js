// The desk without network: what it shows comes from this browser's store, and each press is a step of its journal.
import "./leaving.js";
import * as line from "./line.js";
import * as queues from "./queue.js";
import { clockOf, readReference, Refused, visitHash } from "./rules.js";
import { append, load } from "./store.js";

const EVERY = 5000;
// What needs no second look at the hall as long as the line holds.
const CALM = new Set(["ready", "closed", "merged", "conflicts"]);
const root = document.querySelector("[data-offline-desk]");
const words = JSON.parse(root.dataset.words);
// part("rows=ours") is the element with data-rows="ours".
const part = (name) => {
  const [key, value] = name.split("=");
  return root.querySelector(value ? `[data-${key}="${value}"]` : `[data-${key}]`);
};
let said = "";
let showing = null; // what the slip shows

// --- telling ---

function say(name) {
  for (const one of root.querySelectorAll("[data-says]")) one.hidden = one.dataset.says !== name;
  part("desk").hidden = name !== "lost";
  if (said !== name && said !== "") part(`says=${name}`)?.querySelector("[data-back]")?.focus();
  said = name;
}

function refuse(why) {
  const box = part("refusal");
  box.hidden = !why;
  if (!why) return;
  if (!(why instanceof Refused)) throw why;
  const text = words[why.code] ?? why.code;
  box.textContent = text.replace(/%\((\w+)\)s/g, (_all, name) => told(why.facts[name] ?? ""));
}

// A day as the reader writes it; anything else as it is.
const told = (fact) => (/^\d{4}-\d\d-\d\d$/.test(fact)
  ? new Date(`${fact}T00:00`).toLocaleDateString(document.documentElement.lang, { dateStyle: "long" })
  : fact);

const kindWords = (queue, kind) => queue.state.giving.find((one) => one.kind === kind)?.words ?? "";

function row(queue, one) {
  const made = part("row").firstElementChild.cloneNode(true);
  for (const place of made.querySelectorAll("[data-label]")) place.textContent = one.label;
  made.querySelector("[data-kind]").textContent = kindWords(queue, one.kind);
  made.querySelector("[data-reserved]").textContent = one.starts_at ? clockOf(one.starts_at) : "–";
  made.querySelector("[data-drawn]").textContent = clockOf(one.drawn_at);
  const press = made.querySelector("button");
  press.disabled = !queue.state.window || Boolean(queues.current(queue));
  press.addEventListener("click", () => act(queues.callOne, { label: one.label }));
  return made;
}

function offer(one) {
  const made = part("offer").firstElementChild.cloneNode(true);
  made.querySelector(".offer__letter").textContent = one.letter;
  made.querySelector("strong").textContent = one.words;
  made.querySelector("button").addEventListener("click", async () => {
    const needs = root.querySelector("input[name=needs]");
    if (await act(queues.give, { kind: one.kind, needs: needs.checked })) needs.checked = false;
  });
  return made;
}

function showSlip(queue) {
  const one = showing && queue.numbers.get(showing);
  part("slip").hidden = !one;
  if (!one) return;
  part("slip-number").textContent = one.label;
  part("slip-words").textContent = kindWords(queue, one.kind);
  part("slip-time").textContent = clockOf(one.drawn_at);
}

function showWindow(queue) {
  const one = queues.current(queue);
  part("window").textContent = queue.state.window ?? "";
  part("free").hidden = Boolean(one);
  part("busy").hidden = !one;
  part("no-window").hidden = Boolean(queue.state.window);
  for (const press of part("free").querySelectorAll("button")) press.disabled = Boolean(one) || !queue.state.window;
  for (const press of part("busy").querySelectorAll("button")) press.disabled = !one;
  if (!one) return;
  part("current").textContent = one.label;
  part("current-words").textContent = kindWords(queue, one.kind);
  part("document").hidden = !one.reserved;
  part("at=recall").disabled = part("at=absent").disabled = part("at=start").disabled = one.state !== "called";
}

function show(queue, count) {
  const now = queues.timeOf(queue, Date.now());
  const { ours, others } = queues.waiting(queue, now);
  const aside = queues.setAside(queue);
  part("count").textContent = count;
  part("others").hidden = others.length === 0;
  part("aside").hidden = aside.length === 0;
  for (const [name, list] of Object.entries({ ours, others, aside })) {
    part(`rows=${name}`).replaceChildren(...list.map((one) => row(queue, one)));
  }
  if (part("offers").childElementCount !== queue.state.giving.length) {
    part("offers").replaceChildren(...queue.state.giving.map(offer));
    part("offers").querySelector("button")?.setAttribute("data-key", "g");
  }
  showSlip(queue);
  showWindow(queue);
}

async function draw() {
  const { kept, journal } = await load();
  if (!kept?.lease) return null;
  const queue = queues.queueOf(kept, journal);
  show(queue, journal.length);
  return queue;
}

// --- doing ---

// One press: decide on what the store holds now, write the step, show. True when it was done.
async function act(decide, facts) {
  try {
    let known = null;
    const step = await append((kept, journal) => {
      const queue = queues.queueOf(kept, journal);
      const now = queues.timeOf(queue, Date.now());
      if (!queues.isReady(queue, now)) throw new Refused("not-ready");
      const { known: before, send, more } = decide(queue, now, facts);
      known = before ?? null;
      return before ? null : { id: crypto.randomUUID(), at: Date.now(), send, more };
    });
    refuse(null);
    const gives = known ?? (["number", "check-in"].includes(step.send.what) ? step.send.label : null);
    if (gives) showing = gives;
    await draw();
    const scanning = root.querySelector("#reference").value !== ""; // the next one: the keyboard stays with it
    if (gives && !scanning) part("print-slip").focus();
    else focusNext();
    return true;
  } catch (why) {
    refuse(why);
    await draw();
    return false;
  }
}

// A button that is gone leaves the keyboard where the next step is.
function focusNext() {
  if (document.activeElement && document.activeElement !== document.body && document.activeElement.offsetParent) return;
  root.querySelector("[data-busy]:not([hidden]) button:not(:disabled), [data-free]:not([hidden]) button:not(:disabled)")?.focus();
}

part("do=next").addEventListener("click", () => act(queues.callNext));
for (const press of root.querySelectorAll("[data-at]")) {
  press.addEventListener("click", async () => {
    const what = press.dataset.at;
    const facts = {
      park: () => ({ reason: root.querySelector("#reason").value }),
      served: () => ({ document: part("document").hidden ? "" : root.querySelector("#document").value }),
    };
    // What was chosen for one person is gone with that person, and not before: a choice may be made while a step is stored.
    const leaves = ["served", "park", "absent"].includes(what);
    if (await act(queues.atWindow, { what, ...facts[what]?.() }) && leaves) root.querySelector("#document").value = "";
  });
}
part("check-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const box = root.querySelector("#reference");
  const typed = box.value;
  const reference = readReference(typed);
  box.value = ""; // the next one may be scanned while this one is stored
  const { kept } = await load();
  if (!reference) {
    refuse(new Refused("reference-mistyped"));
  } else if (await act(queues.checkIn, { hash: await visitHash(reference, kept.state.salt, kept.state.rounds) })) {
    return;
  }
  if (box.value) return;
  box.value = typed;
  box.select();
});
part("adopt").addEventListener("submit", async (event) => {
  event.preventDefault();
  const box = root.querySelector("#adopt");
  if (await act(queues.callOne, { label: box.value.normalize("NFKC").trim().toUpperCase() })) box.value = "";
});
part("print-slip").addEventListener("click", () => window.print());

// --- leaving ---

const leaving = (is) => { part("leaving").hidden = !is; if (is) part("stay").focus(); };
addEventListener("offline-leaving", () => leaving(true));
part("stay").addEventListener("click", () => { leaving(false); look(); });
part("leave").addEventListener("click", () => {
  const form = document.querySelector("form[data-sign-out]");
  form.dataset.sure = "yes";
  form.submit();
});

// --- the line ---

let looking = false;
let timer = 0;

async function look() {
  if (looking) return;
  looking = true;
  clearTimeout(timer);
  try {
    if (!(CALM.has(said) && await line.isThere())) await onLine(await line.refresh());
  } catch (why) {
    await offLine(why);
  } finally {
    looking = false;
    timer = setTimeout(look, EVERY);
  }
}

async function onLine({ state, kept, waiting }) {
  if (waiting > 0) {
    say("sending");
    const conflicts = await line.merge(state.csrf);
    showing = null;
    await line.refresh();
    say(conflicts > 0 ? "conflicts" : "merged");
  } else if (said !== "merged" && said !== "conflicts") {
    if (state.giving.length === 0) return say("closed");
    const block = kept.lease.block * 100;
    const facts = [`A${block + 1}`, `A${block + 99}`, state.visits.length];
    [...part("says=ready").querySelectorAll("[data-fact]")].forEach((place, nth) => { place.textContent = facts[nth]; });
    say("ready");
  }
  return undefined;
}

async function offLine(why) {
  if (why instanceof line.SignedOut) return say((await load()).journal.length > 0 ? "signed-out" : "not-ready");
  if (why instanceof line.Stopped) {
    part("problem").textContent = `${why.problem.title ?? ""} ${why.problem.next_step ?? ""}`;
    return say("stopped");
  }
  if (!(why instanceof line.Lost)) throw why;
  const queue = await draw();
  const ready = queue && (queues.isReady(queue, queues.timeOf(queue, Date.now())) || Number(part("count").textContent) > 0);
  say(ready ? "lost" : "not-ready");
  return undefined;
}

part("again").addEventListener("click", look);
addEventListener("online", look);
addEventListener("offline", look);
if (location.hash === "#leaving") leaving(true);
line.keepPages().catch(() => {});
await look();
