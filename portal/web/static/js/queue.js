// The window's queue: when somebody checks in or is called, the page comes anew; not while somebody types or decides.
const PAUSE = 3000;
const queue = document.querySelector("[data-queue]");
let known = "";

const busy = () => document.querySelector("dialog[open], details.details[open]") !== null
  || document.activeElement?.matches("input, textarea, select");

async function ask() {
  try {
    const answer = await fetch(queue.dataset.queue, { headers: { Accept: "application/json" } });
    const { waiting, calls } = await answer.json();
    const now = JSON.stringify([waiting, calls]);
    if (known && now !== known && !busy()) {
      location.reload();
      return;
    }
    known ||= now;
  } catch {
    // The next question may be answered.
  }
  setTimeout(ask, PAUSE);
}
ask();
