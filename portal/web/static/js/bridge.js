// Asks the card bridge on this computer to let the card sign the challenge, or a document, then sends the form.
// The PIN is typed in the bridge's own window; it never reaches this page.
import { inWords } from "./reader_words.js";

const PAUSE = 700;
const LONG_PAUSE = 3000;
const PATIENCE = 180_000;
const pause = () => new Promise((resolve) => { setTimeout(resolve, PAUSE); });

async function call(url, value) {
  const answer = await fetch(url, value && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(value),
  });
  const data = await answer.json().catch(() => ({}));
  return { ok: answer.ok, data };
}

// The bridge says when somebody's request is over (server-sent events), so it need not be asked again and again.
// Returns what to wait with: the next news, or a pause where there are none (an older bridge).
async function listen(bridge, code) {
  const { ok, data } = await call(`${bridge}/v1/events`, code).catch(() => ({ ok: false }));
  if (!ok) return { news: pause, close() {} };
  const source = new EventSource(data.events);
  let rung = false;
  let wake = () => {};
  source.addEventListener("answered", () => { rung = true; wake(); });
  async function news() {
    if (!rung) await new Promise((resolve) => { wake = resolve; setTimeout(resolve, LONG_PAUSE); });
    rung = false;
  }
  return { news, close: () => source.close() };
}

// The bridge answers {"state": "waiting" | "done" | "cancelled" | "refused", "certificate", "signature"}.
// (popup.closed says nothing: a window with an opener policy of its own looks closed from here.)
async function readCard(bridge, started, code) {
  const deadline = Date.now() + PATIENCE;
  const told = await listen(bridge, code);
  try {
    while (Date.now() < deadline) {
      const { ok, data } = await call(`${bridge}/v1/requests/${encodeURIComponent(started.request)}`);
      if (!ok || (data.state && data.state !== "waiting")) return data;
      await told.news();
    }
  } finally {
    told.close();
  }
  return { state: "cancelled" };
}

// A challenge made for this press, where the page brings none; says in words why there is none.
async function fresh(form, url, words) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRF-Token": form.elements.csrf_token.value },
  }).catch(() => ({ json: async () => ({}) }));
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error([data.detail, data.next_step].filter(Boolean).join(" ") || words.refused);
  form.elements.challenge_id.value = data.challenge_id;
  return data.challenge;
}

for (const form of document.querySelectorAll("form[data-bridge]")) {
  const { bridge, challenge, challengeUrl, document: signed, pairing, ...words } = form.dataset;
  const own = form.querySelector("[data-bridge-pairing]");
  const status = form.querySelector("[data-bridge-status]");
  const button = form.querySelector("[data-bridge-start]");
  let prompt = ""; // while the bridge waits: where the PIN is typed

  // Opened inside the press, later a browser would block it.
  const openWindow = (address) => window.open(address, "card-bridge", "popup,width=520,height=640");

  async function run() {
    const popup = openWindow("about:blank");
    status.textContent = words.waiting;
    button.setAttribute("aria-busy", "true");
    try {
      const code = { pairing: own?.value.trim() || pairing };
      const { ok, data } = await (signed
        ? call(`${bridge}/v1/sign`, { document: signed, ...code })
        : call(`${bridge}/v1/authenticate`, {
          challenge: challengeUrl ? await fresh(form, challengeUrl, words) : challenge, ...code,
        }));
      if (!ok) throw new Error(inWords(words, data.error, words.refused));
      prompt = new URL(data.prompt, bridge).href;
      if (popup) popup.location.replace(prompt);
      const result = await readCard(bridge, data, code);
      if (result.state === "cancelled") throw new Error(words.cancelled);
      if (!result.certificate || !result.signature) throw new Error(inWords(words, result.error, words.refused));
      form.elements.certificate.value = result.certificate;
      form.elements.signature.value = result.signature;
      status.textContent = words.done;
      form.requestSubmit();
    } catch (error) {
      status.textContent = error instanceof TypeError ? words.absent : error.message;
    } finally {
      prompt = "";
      popup?.close();
      button.removeAttribute("aria-busy");
    }
  }
  button.hidden = false; // a press before this file had come would do nothing
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-busy") !== "true") run();
    else if (prompt) openWindow(prompt); // it was closed, or lies behind
  });
}
