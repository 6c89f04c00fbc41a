// Postal code → address without leaving the page. Without this file the same button sends the form.
const digits = (text) => text.normalize("NFKC").replace(/\D/g, "");

function bind(block) {
  const code = block.querySelector("input[id$='-postal']");
  const town = block.querySelector("input[id$='-town']");
  const status = block.querySelector("[data-postal-status]");

  const lookUp = async () => {
    const answer = await fetch(`${block.dataset.url}?code=${digits(code.value)}`, { headers: { Accept: "application/json" } });
    const addresses = answer.ok ? (await answer.json()).addresses : [];
    status.textContent = addresses.length ? block.dataset.found : block.dataset.none;
    if (!addresses.length) return;
    town.value = addresses[0];
    town.dispatchEvent(new Event("input", { bubbles: true }));
    block.querySelector("input[id$='-street']").focus();
  };

  block.querySelector("button[name=lookup]").addEventListener("click", (event) => {
    event.preventDefault();
    lookUp().catch(() => { status.textContent = block.dataset.none; });
  });
  const complete = () => {
    if (digits(code.value).length === 7 && !town.value) lookUp().catch(() => {});
  };
  code.addEventListener("input", complete);
  if (code.value !== code.defaultValue) complete(); // typed before this file had come
}

document.querySelectorAll("[data-postal]").forEach(bind);
document.addEventListener("drawn", (event) => event.target.querySelectorAll("[data-postal]").forEach(bind));
