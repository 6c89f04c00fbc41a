// Adds and takes out rows without leaving the page: the same button press goes to the server, and what it draws takes the
// place of the question. Without this file, or without the network, the button sends the page.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[name=row]");
  const box = button?.closest("[data-rows]");
  if (!box) return;
  event.preventDefault();
  const { form } = button;
  const body = new FormData(form, button);
  for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(body) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const drawn = page.getElementById(box.id);
    if (!answer.ok || !drawn) throw new Error(String(answer.status));
    const added = button.value.startsWith("add.");
    box.replaceWith(drawn);
    drawn.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
    const status = form.querySelector("[data-live-status]");
    if (status) status.textContent = added ? drawn.dataset.added : drawn.dataset.removed;
    const rows = drawn.querySelectorAll("fieldset.row");
    (added ? rows[rows.length - 1] : drawn)?.focus();
  } catch {
    HTMLFormElement.prototype.requestSubmit.call(form, button);
  }
});
