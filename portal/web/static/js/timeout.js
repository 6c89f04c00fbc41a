// Warns 20 seconds before the session ends for want of use; one press extends it. Times are read from the clock, not
// counted in ticks, because a sleeping phone stops its timers. Use in one tab counts for the others.
const WARNING = 20_000;
const dialog = document.querySelector("[data-timeout]");

if (dialog) {
  const seconds = dialog.querySelector("[data-timeout-seconds]");
  const token = dialog.dataset.token;
  const idle = Number(dialog.dataset.idle) * 1000;
  const tabs = new BroadcastChannel("session");
  let endAt;
  const here = () => encodeURIComponent(location.pathname + location.search);
  let form = null; // the one somebody typed in last
  document.addEventListener("input", (event) => {
    if (event.target.form?.method === "post") form = event.target.form;
  });
  const keep = async () => {
    if (!form || form.dataset.sent) return;
    const data = new FormData(form);
    for (const [name, value] of [...data]) {
      if (value instanceof File || form.elements[name]?.type === "password") data.delete(name);
    }
    const place = new URLSearchParams({ page: location.pathname, action: new URL(form.action).pathname });
    await fetch(`${dialog.dataset.keepUrl}?${place}`, {
      method: "POST",
      headers: { "X-CSRF-Token": token, Accept: "application/json" },
      body: new URLSearchParams(data),
    }).catch(() => {});
  };
  const end = async () => {
    await keep();
    location.assign(`${dialog.dataset.endUrl}?next=${here()}`);
  };

  const start = () => {
    endAt = Date.now() + idle;
    if (dialog.open) dialog.close();
  };
  start();
  tabs.addEventListener("message", start);
  tabs.postMessage("used");

  const extend = async () => {
    const answer = await fetch(dialog.dataset.extendUrl, {
      method: "POST",
      headers: { "X-CSRF-Token": token, Accept: "application/json" },
    });
    if (!answer.ok) {
      end();
      return;
    }
    start();
    tabs.postMessage("used");
  };

  const tick = () => {
    const left = endAt - Date.now();
    if (left <= 0) {
      end();
      return;
    }
    if (left <= WARNING) {
      seconds.textContent = String(Math.ceil(left / 1000));
      if (!dialog.open) dialog.showModal();
    }
    setTimeout(tick, 500);
  };
  tick();

  dialog.querySelector("[data-timeout-extend]").addEventListener("click", extend);
  // Escape means "I am here", too.
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    extend();
  });
}
