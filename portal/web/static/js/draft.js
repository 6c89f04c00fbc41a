// Saves a form by itself: <form data-autosave-url="…"> posts its fields 1 second after the last change, one at a time,
// and once more when the page is left. The server answers 2xx with {"saved_at": "10:05"} or nothing.
const WAIT = 1000;
const RETRY = 5000;

for (const form of document.querySelectorAll("form[data-autosave-url]")) {
  const status = form.querySelector("[data-autosave-status]");
  let timer = 0;
  let dirty = false;
  let busy = false;

  const body = () => {
    const data = new FormData(form);
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    return new URLSearchParams(data);
  };
  const plan = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  };
  const say = (words, time = "") => {
    if (status) status.textContent = words.replace("{time}", time);
  };

  async function save() {
    if (busy) return plan(WAIT);
    busy = true;
    dirty = false;
    say(status?.dataset.saving ?? "");
    try {
      const answer = await fetch(form.dataset.autosaveUrl, {
        method: "POST",
        body: body(),
        headers: { "X-CSRF-Token": form.elements.csrf_token?.value ?? "", Accept: "application/json" },
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const { saved_at: at } = await answer.json().catch(() => ({}));
      const now = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
      say(status?.dataset.saved ?? "", at ?? now);
    } catch {
      dirty = true;
      say(status?.dataset.failed ?? "");
      plan(RETRY);
    } finally {
      busy = false;
    }
  }

  form.addEventListener("input", () => {
    dirty = true;
    plan(WAIT);
  });
  form.addEventListener("submit", () => {
    dirty = false;
    clearTimeout(timer);
  });
  // A closed tab: fetch would be cut off, a beacon is not. The CSRF token travels as a field.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && dirty) {
      dirty = !navigator.sendBeacon(form.dataset.autosaveUrl, body());
    }
  });
}
