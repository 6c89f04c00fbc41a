// Passkeys by the browser's own JSON functions. The button stays hidden where they are missing.
const supported = window.PublicKeyCredential?.parseCreationOptionsFromJSON && window.PublicKeyCredential?.parseRequestOptionsFromJSON;

async function post(url, csrf, value) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify(value),
  });
  const data = await answer.json().catch(() => ({}));
  if (answer.ok) return data;
  throw Object.assign(new Error("refused"), { words: [data.detail, data.next_step].filter(Boolean).join(" ") });
}

async function ask(mode, options) {
  if (mode === "create") {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}

function explain(error, words) {
  if (error.words) return error.words;
  if (error.name === "InvalidStateError") return words.exists;
  if (error.name === "NotAllowedError" || error.name === "AbortError") return words.cancelled;
  if (error instanceof TypeError) return words.offline;
  return words.failed;
}

for (const block of supported ? document.querySelectorAll("[data-passkey]") : []) {
  const button = block.querySelector("[data-passkey-start]");
  const status = block.querySelector("[data-passkey-status]");
  const { passkey: mode, optionsUrl, verifyUrl, csrf, next } = block.dataset;
  block.hidden = false;
  button.addEventListener("click", async () => {
    status.textContent = "";
    button.setAttribute("aria-busy", "true");
    try {
      const options = await post(optionsUrl, csrf, {});
      const credential = await ask(mode, options.publicKey ?? options);
      const answer = await post(verifyUrl, csrf, credential.toJSON());
      location.assign(answer.next ?? next);
    } catch (error) {
      status.textContent = explain(error, block.dataset);
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}
