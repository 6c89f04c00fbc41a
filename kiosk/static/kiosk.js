// Moves the screen when the machine does, without a flash. Everything also works without this file:
// forms post, and a refresh in the head asks again.
"use strict";

let line = Promise.resolve();
let refreshing = false;
let newest = Number(document.body.dataset.version);
let rings = -1;

// A finger that is down when the next screen comes has to come up on what it was put on, or its touch is nobody's: the
// screen waits for it, and for the click that follows.
const LONGEST_TOUCH = 1000;
const CLICK_FOLLOWS = 50;
let lifted = null;
document.addEventListener("pointerdown", () => {
  lifted = new Promise((resolve) => {
    for (const end of ["pointerup", "pointercancel"]) {
      document.addEventListener(end, () => setTimeout(resolve, CLICK_FOLLOWS), { once: true, capture: true });
    }
    setTimeout(resolve, LONGEST_TOUCH);
  });
}, true);

async function take(answer) {
  if (!answer.ok) { location.reload(); return; }
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  await lifted;
  const focused = document.activeElement;
  const key = focused instanceof HTMLElement && focused.closest(".pad") ? focused.className : "";
  const sameTurn = document.body.dataset.turn === next.body.dataset.turn;
  const action = sameTurn && focused instanceof HTMLElement ? trail(focused) : "";
  const chosen = sameTurn ? document.querySelector("input[type=radio]:checked") : null;
  document.title = next.title;
  document.documentElement.lang = next.documentElement.lang;
  document.body.replaceWith(document.adoptNode(next.body));
  if (chosen) restore(chosen);
  const target = (key && document.getElementsByClassName(key)[0]) || (action && find(action)) || document.querySelector("h1");
  target.focus({ preventScroll: true });
}

function restore(chosen) {
  for (const radio of document.querySelectorAll("input[type=radio]")) radio.checked = radio.value === chosen.value;
}

function trail(element) {
  const form = element.closest("form");
  const act = form && form.elements.namedItem("do");
  return act ? `${act.value}:${element.value || ""}` : "";
}

function find(action) {
  return [...document.querySelectorAll("button, input[type=radio]")].find((one) => trail(one) === action);
}

// One question to the machine after the other; no touch is dropped, and a change told meanwhile is asked for.
function ask(question, otherwise) {
  line = line.then(async () => {
    try { await take(await question()); } catch { otherwise(); }
    if (newest > Number(document.body.dataset.version)) refresh();
  });
}

function refresh() {
  if (refreshing) return;
  refreshing = true;
  ask(() => { refreshing = false; return fetch("/", { headers: { Accept: "text/html" } }); }, () => {});
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target, event.submitter));
  ask(() => fetch("/act", { method: "POST", body }), () => location.reload());
});

document.addEventListener("pointerdown", (event) => {
  const more = document.querySelector(".warning form");
  if (more && !event.target.closest("form")) more.requestSubmit();
});

setInterval(() => {
  const left = document.querySelector("[data-countdown]");
  if (left) left.textContent = String(Math.max(0, Number(left.textContent) - 1));
}, 1000);

const TONES = { "card-left": [880, 660, 880, 660], done: [660, 880], attention: [440, 440] };
let audio = null;

function play(sound) {
  audio = audio || new AudioContext();
  (TONES[sound] || []).forEach((pitch, index) => {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const start = audio.currentTime + index * 0.28;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.25, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.26);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.27);
  });
}

const signals = new EventSource("/events");
signals.onmessage = (event) => {
  const { version, ring, sound } = JSON.parse(event.data);
  if (rings >= 0 && ring > rings) play(sound);
  rings = ring;
  newest = version;
  if (String(version) !== document.body.dataset.version) refresh();
};
