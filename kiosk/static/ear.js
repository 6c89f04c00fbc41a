// Says what the screen says, and lets the keypad do everything: digits, Enter (ring), Backspace (bar), Escape (cross),
// 0 to hear it again. The plug of an earphone arrives as a key too (F8 in, F9 out), as from the keypads with a jack.
// The voices are files of the machine (static/voices); nothing is sent anywhere.
"use strict";

const PLUG = { F8: "in", F9: "out" };
const KEYS = new Set(["1", "2", "3", "4", "5", "6", "7", "8", "9", "Enter", "Backspace", "Escape"]);
const tapes = new Map();
let speaker = null;
let sounding = [];
let lastSpeech = "[]";
let speechTurn = 0;

function tape(language) {
  if (!tapes.has(language)) {
    tapes.set(language, fetch(`/static/voices/${language}.ogg`)
      .then((answer) => answer.arrayBuffer()).then((bytes) => speaker.decodeAudioData(bytes)));
  }
  return tapes.get(language);
}

function hush() {
  for (const source of sounding) source.stop();
  sounding = [];
  speechTurn += 1;
}

async function say(spans) {
  hush();
  if (!spans.length) return;
  const mine = speechTurn;
  speaker = speaker || new AudioContext();
  let at = speaker.currentTime + 0.1;
  new Set(spans.map(([language]) => language)).forEach(tape);
  for (const [language, start, length] of spans) {
    const sound = await tape(language);
    if (mine !== speechTurn) return;
    at = Math.max(at, speaker.currentTime + 0.02);
    const source = new AudioBufferSourceNode(speaker, { buffer: sound });
    source.connect(speaker.destination);
    source.start(at, start, length);
    sounding.push(source);
    at += length + 0.12;
  }
  document.documentElement.dataset.said = JSON.stringify(spans);
}

function listen() {
  const speech = document.body.dataset.speech || "[]";
  if (speech === lastSpeech) return;
  lastSpeech = speech;
  say(JSON.parse(speech));
}

function beep(pitch) {
  speaker = speaker || new AudioContext();
  const tone = new OscillatorNode(speaker, { frequency: pitch });
  const volume = new GainNode(speaker, { gain: 0.2 });
  tone.connect(volume).connect(speaker.destination);
  tone.start();
  tone.stop(speaker.currentTime + 0.12);
}

function send(gesture, value) {
  const { token, turn } = document.body.dataset;
  ask(() => fetch("/act", { method: "POST", body: new URLSearchParams({ token, turn, do: gesture, value }) }), () => location.reload());
}

// On the PIN screen a digit becomes the place of its key, so that no digit is in any request.
function onPad(key) {
  if (key === "Enter") { document.querySelector(".bottom-right button").click(); return true; }
  const wanted = key === "Backspace"
    ? document.querySelector("[data-erase]")
    : [...document.querySelectorAll(".pad .pad-key")].find((one) => one.textContent.trim() === key);
  if (!wanted) return false;
  wanted.click();
  beep(key === "Backspace" ? 330 : 660);
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.key in PLUG) {
    event.preventDefault();
    send("earphone", PLUG[event.key]);
    return;
  }
  const byEar = document.body.classList.contains("with-ear");
  if (document.querySelector(".pad") && (byEar || /^(\d|Backspace)$/.test(event.key)) && onPad(event.key)) {
    event.preventDefault();
  } else if (byEar && event.key === "0") {
    event.preventDefault();
    say(JSON.parse(document.body.dataset.speech));
    send("keypad", "0");
  } else if (byEar && KEYS.has(event.key)) {
    event.preventDefault();
    send("keypad", event.key);
  }
});

new MutationObserver(listen).observe(document.documentElement, { childList: true });
listen();
