// Staff keys: / search, j k rows, x mark the row, 1-9 menu, ? help, and data-key="x" on any link, button, field or summary of
// the page. data-arm: the first press only goes to the button, the second one presses it. Whoever works by voice or types
// beside a field turns single keys off in the help (WCAG 2.1.4); the browser remembers it.
const help = document.getElementById("keys");
const opener = document.querySelector("[data-keys-open]");
// A dialog that closes keeps the focus for one more frame: a field nobody sees is not typed into.
const FIELDS = "input:not([type=checkbox]), textarea, select, [contenteditable]";
const typing = (target) => target.closest(FIELDS)?.checkVisibility() ?? false;

const OFF = "staff-keys-off";
const off = () => localStorage.getItem(OFF) !== null;
const choice = help?.querySelector("[data-keys-use]");
if (choice) {
  choice.checked = !off();
  choice.addEventListener("change", () => {
    if (choice.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
    tell();
  });
}

// Screen readers say the key with the button, as long as it works.
function tell() {
  for (const one of document.querySelectorAll("[data-key]:not([data-key=''])")) {
    if (off()) one.removeAttribute("aria-keyshortcuts");
    else one.setAttribute("aria-keyshortcuts", one.dataset.key);
  }
}
tell();
document.addEventListener("page:renewed", tell);

if (opener) {
  opener.hidden = false;
  opener.addEventListener("click", () => help.showModal());
}

function moveRow(step) {
  const rows = [...document.querySelectorAll("main :is(tbody tr, .list > li)")]
    .map((row) => row.querySelector("a, button"))
    .filter(Boolean);
  const here = rows.findIndex((link) => link.closest("tr, li").contains(document.activeElement));
  const next = here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step;
  rows[next]?.focus();
}

function markRow() {
  const mark = document.activeElement?.closest("tr, li")?.querySelector("input[type=checkbox]");
  mark?.click();
}

function press(control) {
  if ("arm" in control.dataset && document.activeElement !== control) {
    control.focus();
    return;
  }
  if (control.matches("input, textarea, select")) {
    control.focus();
    return;
  }
  if (control.tagName !== "SUMMARY") {
    control.click();
    return;
  }
  control.parentElement.open = true;
  control.parentElement.querySelector("textarea, select, input:not([type=hidden]), button")?.focus();
}

const fixed = {
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => help?.showModal(),
  j: () => moveRow(1),
  k: () => moveRow(-1),
  x: markRow,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || off()) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  const own = !event.repeat && document.querySelector(`[data-key="${CSS.escape(event.key)}" i]`);
  const menu = /^[1-9]$/.test(event.key) && document.querySelectorAll("[data-nav]")[Number(event.key) - 1];
  const act = own ? () => press(own) : fixed[event.key] ?? (menu && (() => menu.click()));
  if (!act) return;
  event.preventDefault();
  act();
});

// The search is where work starts, unless the page asked for another place.
if (!document.querySelector("main :is([autofocus], [data-focus])") && !location.hash) {
  document.querySelector("[data-search]")?.focus({ preventScroll: true });
}
