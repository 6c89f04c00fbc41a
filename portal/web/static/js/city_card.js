// Carries messages between the city's writer (through the portal) and a city card on this computer's reader (through the
// bridge). It cannot read them: they are protected from end to end. Every message may be sent again; each counts once.
import { inWords } from "./reader_words.js";

const TRIES = 3;

const PATIENCE = 200_000; // ms: the bridge waits 180 s for a PIN
const PAUSE = 400;

class Refused extends Error {}

async function post(url, body, headers = {}) {
  for (let left = TRIES; ; left -= 1) {
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
        body: JSON.stringify(body),
      });
      const data = await answer.json().catch(() => ({}));
      return { ok: answer.ok, data };
    } catch (error) {
      if (left <= 1) throw error;
    }
  }
}

for (const block of document.querySelectorAll("[data-city-card]")) {
  const { bridge, pairing: given, line, csrf, ...words } = block.dataset;
  const own = block.querySelector("[data-bridge-pairing]"); // at home the person types the program's own code
  const button = block.querySelector("[data-city-card-start]");
  const status = block.querySelector("[data-city-card-status]");
  const progress = block.querySelector("[data-city-card-progress]");

  const paired = () => own?.value.trim() || given;

  async function tellPortal(body) {
    const { ok, data } = await post(line, body, { "X-CSRF-Token": csrf });
    if (!ok) throw new Refused([data.detail, data.next_step].filter(Boolean).join(" ") || words.failed);
    return data;
  }

  // One order: the portal says what to send, the bridge what the card answers, until there is nothing more to send.
  async function carryOut(order, more = {}) {
    const begun = await post(`${bridge}/v1/relay`, { pairing: paired() });
    if (!begun.ok) throw new Refused(inWords(words, begun.data.error, words.failed));
    const relay = `${bridge}/v1/relay/${encodeURIComponent(begun.data.relay)}`;
    try {
      let said = await tellPortal({ order, ...more });
      while (said.send) {
        const heard = await post(relay, { step: said.step, send: said.send });
        progress.value += 1;
        said = await tellPortal({ order, job: said.job, step: said.step, answer: heard.data.answer ?? null });
      }
      return said;
    } finally {
      post(relay, {}).catch(() => {});
    }
  }

  let prompt = ""; // while the bridge waits: where the new PIN is typed
  const openWindow = () => window.open(prompt, "_blank", "width=480,height=640");

  // The holder types in the bridge's own window; what comes back is sealed for the writer.
  async function newPin() {
    const begun = await post(`${bridge}/v1/new-pin`, { pairing: paired(), name: words.pin });
    if (!begun.ok) throw new Refused(inWords(words, begun.data.error, words.failed));
    prompt = begun.data.prompt;
    if (!openWindow()) throw new Refused(words.notyped);
    status.textContent = words.typing;
    for (const ends = Date.now() + PATIENCE; Date.now() < ends; ) {
      const answer = await fetch(`${bridge}/v1/requests/${encodeURIComponent(begun.data.request)}`);
      const data = await answer.json().catch(() => ({}));
      if (data.state !== "waiting") prompt = "";
      if (data.state === "done") return data.sealed;
      if (!answer.ok || data.state !== "waiting") break;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    throw new Refused(words.notyped);
  }

  async function run() {
    button.setAttribute("aria-busy", "true");
    for (const said of document.querySelectorAll("[data-city-card-status]")) said.textContent = ""; // of an earlier press
    try {
      const more = words.pin ? { pin: await newPin() } : {};
      progress.hidden = false;
      progress.value = 0;
      status.textContent = words.reading;
      let said = await carryOut(words.order, more);
      while (said.order) {
        status.textContent = words.writing;
        said = await carryOut(said.order);
      }
      progress.value = progress.max;
      status.textContent = words.done;
      location.assign(said.next);
    } catch (error) {
      progress.hidden = true;
      status.textContent = error instanceof Refused ? error.message : words.absent;
    } finally {
      prompt = "";
      button.removeAttribute("aria-busy");
    }
  }
  button.hidden = false; // a press before this file had come would do nothing
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-busy") !== "true") run();
    else if (prompt) openWindow(); // it was closed, or lies behind
  });
}
