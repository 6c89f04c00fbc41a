// The window's queue: when somebody checks in or is called, the list comes anew; not while somebody types or decides. Only
// the list is exchanged, and the focus stays where it was: in a full hall something changes every few seconds, and a press
// on its way must not meet another page.
const PAUSE = 3000;
const queue = document.querySelector("[data-queue]");
let known = "";

const busy = () => document.querySelector("dialog[open], details.details[open]") !== null || location.search !== ""
  || document.activeElement?.matches("input, textarea, select") || queue.querySelector(":active") !== null;

// What the focused control does, to find the same one in the new list.
function address(control) {
  if (!queue.contains(control)) return null;
  const form = control.closest("form");
  return form ? `form[action="${form.getAttribute("action")}"] button` : `a[href="${control.getAttribute("href")}"]`;
}

async function renew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-queue]");
  if (!answer.ok || !fresh) {
    location.reload();
    return true;
  }
  if (busy()) return false; // somebody began to type, or is pressing a button at this moment: a changed one hears no click
  const focused = address(document.activeElement);
  queue.replaceChildren(...fresh.childNodes);
  if (focused) (queue.querySelector(focused) ?? queue.querySelector("[data-focus]"))?.focus({ preventScroll: true });
  document.dispatchEvent(new Event("page:renewed"));
  return true;
}

async function ask() {
  try {
    const answer = await fetch(queue.dataset.queue, { headers: { Accept: "application/json" } });
    const { waiting, calls } = await answer.json();
    const now = JSON.stringify([waiting, calls]);
    if (known && now !== known && !busy()) {
      if (await renew()) known = now;
    }
    known ||= now;
  } catch {
    // The next question may be answered.
  }
  setTimeout(ask, PAUSE);
}
ask();
