// Saves a form by itself: <form data-autosave-url="…"> posts its fields 1 second after the last change, one at a time,
// and once more when the page is left. The server answers 2xx with {"saved_at": "10:05"} or nothing.
// Without a network what was typed waits in this tab's sessionStorage, and nowhere else, until it is sent: it survives a
// reload, and ends with the tab. A page that another device wrote meanwhile (409) is not overwritten: sending it asks.
// Who was signed out (401) is told to send the page: the server keeps it until they signed in again.
const WAIT = 1000;
const RETRY = 5000;
const LARGEST_KEPT_ALIVE = 60_000; // bytes; the Fetch standard allows 64 KiB
// Kept beside what was typed: which version it was typed over, so that another device's newer one is noticed.
const MARKS = new Set(["_mine", "_base"]);

// Whether somebody was quicker than this file: over a slow line people type before it has come.
const isTyped = (control) => {
  if (!control.name || control.type === "hidden" || control.disabled) return false;
  if (control.options) {
    const drawn = [...control.options].findIndex((option) => option.defaultSelected);
    return control.type === "select-one" && control.selectedIndex !== Math.max(drawn, 0);
  }
  if (control.type === "radio" || control.type === "checkbox") return control.checked !== control.defaultChecked;
  return "defaultValue" in control && control.type !== "file" && control.value !== control.defaultValue;
};

for (const form of document.querySelectorAll("form[data-autosave-url]")) {
  const status = form.querySelector("[data-autosave-status]");
  const key = `draft ${form.dataset.autosaveUrl} ${form.elements.section?.value ?? ""}`;
  let timer = 0;
  let dirty = false;
  let busy = false;
  let stopped = false;

  const body = () => {
    const data = new FormData(form);
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    return new URLSearchParams(data);
  };
  const plan = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  };
  const say = (words = "", time = "") => {
    if (status && status.textContent !== words.replace("{time}", time)) status.textContent = words.replace("{time}", time);
  };
  const keepHere = () => {
    const kept = [...body()].filter(([name]) => name !== "csrf_token");
    try {
      sessionStorage.setItem(key, JSON.stringify(kept));
    } catch {
      // Storage may be forbidden: then the page itself is all there is.
    }
  };

  const forget = () => {
    try {
      sessionStorage.removeItem(key);
    } catch {
      // See keepHere.
    }
  };

  async function save() {
    if (busy || stopped) return stopped ? undefined : plan(WAIT);
    busy = true;
    dirty = false;
    if (navigator.onLine) say(status?.dataset.saving);
    try {
      const typed = body();
      const answer = await fetch(form.dataset.autosaveUrl, {
        method: "POST",
        body: typed,
        keepalive: String(typed).length < LARGEST_KEPT_ALIVE, // a tab closed meanwhile must not cut it off
        headers: { "X-CSRF-Token": form.elements.csrf_token?.value ?? "", Accept: "application/json" },
      });
      if (answer.status === 409 || answer.status === 401) {
        stopped = true;
        say(answer.status === 409 ? status?.dataset.crossed : status?.dataset.ended);
        return undefined;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      const { saved_at: at } = await answer.json().catch(() => ({}));
      const now = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
      if (!dirty) forget();
      say(status?.dataset.saved, at ?? now);
    } catch {
      dirty = true;
      keepHere();
      say(navigator.onLine ? status?.dataset.failed : status?.dataset.offline);
      plan(RETRY);
    } finally {
      busy = false;
    }
    return undefined;
  }

  const fillIn = (pairs) => {
    const texts = new Map();
    for (const [name, value] of pairs) texts.set(name, [...(texts.get(name) ?? []), value]);
    for (const control of form.querySelectorAll("input, select, textarea")) {
      const kept = texts.get(control.name);
      if (MARKS.has(control.name) && kept) [control.value] = kept;
      if (!control.name || control.type === "hidden") continue;
      if (control.type === "radio" || control.type === "checkbox") control.checked = kept?.includes(control.value) ?? false;
      else if (kept) [control.value] = kept;
    }
    form.dispatchEvent(new Event("input", { bubbles: true }));
  };

  form.addEventListener("input", () => {
    dirty = true;
    if (!navigator.onLine) keepHere();
    plan(WAIT);
  });
  form.addEventListener("submit", (event) => {
    if (!navigator.onLine) {
      event.preventDefault();
      keepHere();
      say(status?.dataset.offline);
      return;
    }
    dirty = false;
    clearTimeout(timer);
    forget();
  });
  addEventListener("online", () => { if (dirty) plan(0); });
  addEventListener("offline", () => {
    if (dirty) keepHere();
    say(status?.dataset.offline);
  });
  // A closed tab: fetch would be cut off, a beacon is not. The CSRF token travels as a field.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && dirty && navigator.onLine && !stopped) {
      dirty = !navigator.sendBeacon(form.dataset.autosaveUrl, body());
    }
  });
  try {
    const kept = sessionStorage.getItem(key);
    if (kept) fillIn(JSON.parse(kept));
  } catch {
    // Nothing was kept here, or it cannot be read: the server's version stands.
  }
  if (!dirty && [...form.elements].some(isTyped)) form.dispatchEvent(new Event("input", { bubbles: true }));
}
