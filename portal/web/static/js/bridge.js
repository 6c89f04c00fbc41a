// Staff reader: asks the card bridge on this computer to let the card sign the challenge, then sends the form.
// The PIN is typed in the bridge's own window; it never reaches this page.
const PAUSE = 700;
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

// The bridge answers {"state": "waiting" | "done" | "cancelled" | "refused", "certificate", "signature"}.
// (popup.closed says nothing: a window with an opener policy of its own looks closed from here.)
async function readCard(bridge, started) {
  const deadline = Date.now() + PATIENCE;
  while (Date.now() < deadline) {
    await pause();
    const { ok, data } = await call(`${bridge}/v1/requests/${encodeURIComponent(started.request)}`);
    if (!ok || (data.state && data.state !== "waiting")) return data;
  }
  return { state: "cancelled" };
}

for (const form of document.querySelectorAll("form[data-bridge]")) {
  const { bridge, challenge, pairing, ...words } = form.dataset;
  const status = form.querySelector("[data-bridge-status]");
  const button = form.querySelector("[data-bridge-start]");

  async function run() {
    // The window is opened inside the press, later a browser would block it.
    const popup = window.open("about:blank", "card-bridge", "popup,width=520,height=640");
    status.textContent = words.waiting;
    button.setAttribute("aria-busy", "true");
    try {
      const { ok, data } = await call(`${bridge}/v1/authenticate`, { challenge, pairing });
      if (!ok) throw new Error(words.refused);
      if (popup) popup.location.replace(new URL(data.prompt, bridge).href);
      const result = await readCard(bridge, data);
      if (result.state === "cancelled") throw new Error(words.cancelled);
      if (!result.certificate || !result.signature) throw new Error(words.refused);
      form.elements.certificate.value = result.certificate;
      form.elements.signature.value = result.signature;
      status.textContent = words.done;
      form.requestSubmit();
    } catch (error) {
      status.textContent = error instanceof TypeError ? words.absent : error.message;
    } finally {
      popup?.close();
      button.removeAttribute("aria-busy");
    }
  }
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-busy") !== "true") run();
  });
}
