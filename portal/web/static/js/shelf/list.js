// The letters kept on this device: on their own page with a line, and on the page that answers for all others without.
import { isThere } from "../offline/base.js";
import * as shelf from "./store.js";

const SOON = 5000;
const root = document.querySelector("[data-shelf-page]");
const isOffline = root.dataset.shelfPage === "offline";
const part = (name) => root.querySelector(`[data-shelf-${name}]`);
const make = (name) => part(name).content.firstElementChild.cloneNode(true);
let shown = ""; // the letter that is open
const address = (letter) => (isOffline ? `#${letter.id}` : `/mailbox/${letter.id}`);

// `fill(row, {title: "…"})` writes into [data-title]; what has no words is taken out.
function fill(made, facts) {
  for (const [name, text] of Object.entries(facts)) {
    for (const place of made.querySelectorAll(`[data-${name}]`)) {
      if (text) place.append(text);
      else (place.closest("[data-row]") ?? place).remove();
    }
  }
  return made;
}

function line(letter) {
  const { title, kind, when, section, last } = letter;
  const made = fill(make("line"), { title, kind, when, section, last });
  const link = made.querySelector("a");
  link.href = address(letter);
  link.lang = letter.language;
  made.querySelector("button").addEventListener("click", () => take(letter.id));
  return made;
}

async function take(id) {
  const next = part("rows").querySelector(`a[href$="${id}"]`)?.closest("li").nextElementSibling?.querySelector("a");
  const target = next?.getAttribute("href");
  await shelf.remove([id]);
  await draw();
  (target ? part("rows").querySelector(`a[href="${target}"]`) : part("heading")).focus();
}

const dataAddress = (content, mime) => new Promise((resolve) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result);
  reader.readAsDataURL(new Blob([content], { type: mime }));
});

async function fileLine(one) {
  const made = fill(make("file"), { name: one.name, size: one.words });
  const link = made.querySelector("a");
  const content = one.isKept && await shelf.file(one.id);
  if (!content) {
    link.replaceWith(one.name);
    return [made];
  }
  made.querySelector("[data-absent]").remove();
  link.href = URL.createObjectURL(new Blob([content], { type: one.mime }));
  link.download = one.name;
  if (!one.alt) return [made];
  const picture = make("picture");
  Object.assign(picture.querySelector("img"), { src: await dataAddress(content, one.mime), alt: one.alt });
  return [picture, made];
}

async function showLetter(letter) {
  const { title, kind, when, section, due, last } = letter;
  const made = fill(make("letter"), { title, kind, when, section, due, last });
  made.querySelector("[data-title]").lang = letter.language;
  const text = made.querySelector("[data-text]");
  text.lang = letter.language;
  for (const words of letter.paragraphs) {
    const paragraph = make("paragraph");
    paragraph.textContent = words;
    text.append(paragraph);
  }
  const files = (await Promise.all(letter.files.map(fileLine))).flat();
  made.querySelector("[data-files]").append(...files);
  made.querySelector("[data-with-files]").hidden = files.length === 0;
  part("open").replaceChildren(made);
  part("open").querySelector("h2").focus();
}

const wanted = () => location.hash.slice(1) || location.pathname.match(/^\/mailbox\/([0-9a-f-]{36})$/)?.[1];

async function draw() {
  await shelf.tidy();
  const letters = await shelf.all();
  part("rows").replaceChildren(...letters.map(line));
  part("none").hidden = letters.length > 0;
  part("list").hidden = false;
  if (!isOffline) return;
  const letter = letters.find((one) => one.id === wanted());
  if ((letter?.id ?? "") === shown) return;
  shown = letter?.id ?? "";
  if (letter) await showLetter(letter);
  else part("open").replaceChildren();
}

const say = (name) => { for (const one of root.querySelectorAll("[data-says]")) one.hidden = one.dataset.says !== name; };

async function wait() {
  if (await isThere()) say("back");
  else setTimeout(wait, SOON);
}

async function begin() {
  if (isOffline && await isThere()) { // with a line everything is opened by who is signed in, not by who holds the device
    say("back");
    return;
  }
  if (isOffline) say("lost");
  await draw();
  shelf.onChange(draw);
  addEventListener("hashchange", draw);
  if (isOffline) wait();
}

begin().catch(() => say("denied")).finally(() => { root.dataset.ready = ""; });
