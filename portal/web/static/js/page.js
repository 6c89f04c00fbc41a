// Loaded on every page. Each part looks for its own data attribute and does nothing without it.
import "./timeout.js";
import "./copy.js";
import "./date.js";

const parts = [
  ["[data-postal]", "./postal.js"],
  ["[data-kana-to]", "./autokana.js"],
  ["[data-autosave-url]", "./draft.js"],
  ["form[data-live]", "./live.js"],
  ["button[name=row]", "./rows.js"],
  ["[data-passkey]", "./passkey.js"],
  ["[data-bridge]", "./bridge.js"],
  ["[data-work]", "./work.js"],
  ["[data-upload]", "./upload.js"],
];
const here = parts.filter(([selector]) => document.querySelector(selector)).map(([, module]) => import(module));
// Letters that are kept on this device are watched over wherever somebody goes.
try {
  if (localStorage.getItem("shelf")) here.push(import("./shelf/watch.js"));
} catch {
  // A browser that keeps nothing.
}
Promise.allSettled(here).then(() => { document.documentElement.dataset.ready = ""; });

// An answer to a sent form takes the place of the form's page in the history: Back and reload then open that page,
// with what was typed (web/typed.py), instead of asking whether to send it again.
const formPage = document.querySelector("meta[name=form-page]")?.content;
if (formPage) history.replaceState(null, "", formPage);

// After a refusal the reader starts at what was refused, elsewhere at what the page names.
(document.querySelector(".banner--error[data-focus]") ?? document.querySelector("[data-focus]"))?.focus();

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// One submission per press: a second press within 5 seconds is the same press.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.dataset.sent && Date.now() - Number(form.dataset.sent) < 5000) event.preventDefault();
  else form.dataset.sent = String(Date.now());
  // What was typed without a network (draft.js) is nobody else's.
  if (!event.defaultPrevented && form.matches("[data-sign-out]")) sessionStorage.clear();
});

// Menus close with Escape and with a press elsewhere.
const openMenus = () => document.querySelectorAll("details.languages[open]");
document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
