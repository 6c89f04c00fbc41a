// Staff keys: / search, j k rows, 1-9 menu, ? help, and data-key="x" on any link or button of the page.
const help = document.getElementById("keys");
const opener = document.querySelector("[data-keys-open]");
const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

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

const fixed = {
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => help?.showModal(),
  j: () => moveRow(1),
  k: () => moveRow(-1),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  const own = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  const menu = /^[1-9]$/.test(event.key) && document.querySelectorAll("[data-nav]")[Number(event.key) - 1];
  const act = own ? () => own.click() : fixed[event.key] ?? (menu && (() => menu.click()));
  if (!act) return;
  event.preventDefault();
  act();
});

// The search is where work starts, unless the page asked for another place.
if (!document.querySelector("main :is([autofocus], [data-focus])") && !location.hash) {
  document.querySelector("[data-search]")?.focus({ preventScroll: true });
}
