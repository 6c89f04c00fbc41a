// The button of a letter: keep it on this device, to be read without a line, or take it off again.
import * as shelf from "./store.js";
import { keepPages } from "./pages.js";

const LONGEST = 30;
const LARGEST = 1_000_000;
const LARGEST_TOGETHER = 3_000_000;
const block = document.querySelector("[data-shelf]");
const words = JSON.parse(block.dataset.words);
const part = (name) => block.querySelector(`[data-shelf-${name}]`);
const isAble = window.isSecureContext && "serviceWorker" in navigator && "indexedDB" in window && "caches" in window;

class Refused extends Error {}
const refuse = (text) => { throw new Refused(text); };

async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { Accept: "application/json", "X-CSRF-Token": block.dataset.csrf } });
  const said = await answer.json().catch(() => ({}));
  return answer.ok && !answer.redirected ? said : refuse([said.detail, said.next_step].filter(Boolean).join(" ") || words.failed);
}

// Files that are small enough, by id; the letter names the others.
async function contentsOf(letter) {
  const contents = new Map();
  let room = LARGEST_TOGETHER;
  for (const one of letter.files) {
    one.isKept = one.ready && one.size <= Math.min(LARGEST, room);
    if (!one.isKept) continue;
    const answer = await fetch(one.url);
    if (!answer.ok) refuse(words.failed);
    one.mime = answer.headers.get("Content-Type");
    contents.set(one.id, await answer.arrayBuffer());
    room -= one.size;
  }
  return contents;
}

// One shelf a browser, also when two tabs begin at once.
const begin = () => navigator.locks.request("shelf", async () => {
  const known = await shelf.facts();
  if (known && known.mark === block.dataset.mark) return;
  await shelf.begin(await ask("/mailbox/shelf", { method: "POST" }));
});

async function keep() {
  if (!await keepPages().catch(() => false)) refuse(words.denied);
  await begin();
  const there = await shelf.ids();
  if (there.length >= LONGEST && !there.includes(block.dataset.shelf)) refuse(words.full);
  const letter = await ask(`/mailbox/${block.dataset.shelf}/copy`);
  await shelf.put(letter, await contentsOf(letter));
  await shelf.note({ pages: Date.now() });
  await import("./watch.js"); // from the first letter on this page too sees to it that signing out takes it off
}

async function show() {
  const isKept = (await shelf.ids().catch(() => [])).includes(block.dataset.shelf);
  part("keep").hidden = isKept;
  part("kept").hidden = !isKept;
  part("sure").hidden = true;
  return isKept;
}

async function attempt(act, button) {
  part("status").textContent = "";
  button.setAttribute("aria-busy", "true");
  try {
    await act();
    part("status").textContent = await show() ? words.kept : words.removed;
    block.querySelector("[data-shelf-kept]:not([hidden]) a, [data-shelf-keep]:not([hidden]) button")?.focus();
  } catch (why) {
    if (!(why instanceof Refused)) await show();
    part("status").textContent = why instanceof Refused ? why.message
      : why.name === "QuotaExceededError" ? words.full : words.denied;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

async function start() {
  part("missing").hidden = isAble;
  if (!isAble) return;
  await show();
  shelf.onChange(show);
  part("keep").addEventListener("click", ({ target }) => {
    if (shelf.mark()) {
      attempt(keep, target.closest("button"));
      return;
    }
    part("sure").hidden = false;
    part("yes").focus();
  });
  part("yes").addEventListener("click", ({ target }) => attempt(keep, target.closest("button")));
  part("no").addEventListener("click", () => {
    part("sure").hidden = true;
    part("keep").querySelector("button").focus();
  });
  part("take").addEventListener("click", ({ target }) => (
    attempt(() => shelf.remove([block.dataset.shelf]), target.closest("button"))
  ));
}

await start();
block.dataset.ready = "";
