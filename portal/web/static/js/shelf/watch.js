// On every page of a browser that keeps letters: they go when their owner signs out, when somebody else signs in, when the
// portal says so (withdrawn, put away, signed out elsewhere), and after their time.
import * as shelf from "./store.js";
import { keepPages } from "./pages.js";

const AGAIN = 86_400_000;
const MOST = 3000;
const reader = document.querySelector("meta[name=reader]")?.content ?? "";

const tell = (path, body) => fetch(`/mailbox/shelf/${path}`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
  keepalive: true,
}).catch(() => null);

async function leave() {
  const { token } = await shelf.facts() ?? {};
  await shelf.wipe();
  if (token) await tell("leave", { token });
}

async function look() {
  const known = await shelf.facts();
  if (!known || (reader && reader !== known.mark)) {
    await leave();
    return;
  }
  await shelf.tidy();
  const answer = await tell("check", { token: known.token, notices: await shelf.ids() });
  if (!answer?.ok) return;
  const { stands, gone } = await answer.json();
  if (!stands) {
    await shelf.wipe();
    return;
  }
  await shelf.remove(gone);
  if (!reader) return;
  const isOld = Date.now() - (known.pages ?? 0) > AGAIN;
  await shelf.note({ seen: Date.now(), ...(isOld && await keepPages() ? { pages: Date.now() } : {}) });
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-sign-out]") || form.dataset.wiped || !shelf.mark()) return;
  event.preventDefault();
  form.dataset.wiped = "yes";
  await Promise.race([leave(), new Promise((resolve) => { setTimeout(resolve, MOST); })]).catch(() => {});
  form.requestSubmit();
}, true);

await look().catch(() => {}); // without a line, or without room on the disk: the next page tries again
dispatchEvent(new Event("shelf"));
