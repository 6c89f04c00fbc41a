// On the window's pages while there is a line: keep what the desk needs without one, and say so when it is lost.
import { keepPages, Lost, refresh } from "./line.js";

const EVERY = 20_000;
const SOON = 3000;
const lost = document.querySelector("[data-offline-lost]");
const unsent = document.querySelector("[data-offline-unsent]");
let failures = 0;

async function look() {
  try {
    const { waiting } = await refresh();
    failures = 0;
    unsent.hidden = waiting === 0;
  } catch (why) {
    failures = why instanceof Lost ? failures + 1 : 0;
  }
  lost.hidden = failures < 2 && navigator.onLine;
  setTimeout(look, failures ? SOON : EVERY);
}

addEventListener("offline", () => { lost.hidden = false; });
// Without a safe address (https or this machine) a browser keeps nothing; the page then works as before.
if (lost && window.isSecureContext && "indexedDB" in window) {
  keepPages().catch(() => {});
  look();
}
