// Says calls one after the other, so that no two voices overlap: a chime, Japanese, then the language of the number.
// The voices are small files made beforehand (static/voices); a browser lets them sound after one press of a button.
const FOLDER = new URL("../voices/", import.meta.url);
const REST = 0.6;
const LANGUAGES = ["ja", "en", "zh", "ko", "es", "pt"];
const tapes = new Map();
const calls = [];
let pieces;
let sound;
let speaking = false;

export const isOn = () => sound?.state === "running";

// `tell` hears when the sound stops again: the loudspeaker was taken away, or the computer slept.
export async function turnOn(tell) {
  if (!sound) {
    sound = new AudioContext();
    sound.addEventListener("statechange", tell);
  }
  await sound.resume();
  pieces ??= await (await fetch(new URL("pieces.json", FOLDER))).json();
}

function tape(language) {
  if (!tapes.has(language)) {
    tapes.set(language, fetch(new URL(`${language}.ogg`, FOLDER))
      .then((answer) => answer.arrayBuffer())
      .then((bytes) => sound.decodeAudioData(bytes)));
  }
  return tapes.get(language);
}

function tone(at, hertz) {
  const wave = sound.createOscillator();
  const volume = sound.createGain();
  wave.frequency.value = hertz;
  volume.gain.setValueAtTime(0.4, at);
  volume.gain.exponentialRampToValueAtTime(0.001, at + 1.2);
  wave.connect(volume).connect(sound.destination);
  wave.start(at);
  wave.stop(at + 1.2);
}

function chime(at) {
  tone(at, 784);
  tone(at + 0.5, 622);
  return at + 1.6;
}

// Everything one call says: the words before, letter and digits, the words between, the window, the words after.
export const sentence = (call) => ["before", ...call.ticket, "between", ...String(call.window), "after"];

async function say(call, language, at) {
  const buffer = await tape(language);
  let next = Math.max(at, sound.currentTime + 0.05);
  for (const name of sentence(call)) {
    const piece = pieces[language][name];
    if (!piece) continue;
    const player = new AudioBufferSourceNode(sound, { buffer });
    player.connect(sound.destination);
    player.start(next, piece[0], piece[1]);
    next += piece[1] + 0.03;
  }
  return next;
}

const reach = (at) => new Promise((resolve) => { setTimeout(resolve, Math.max(0, (at - sound.currentTime) * 1000)); });

async function speak(call) {
  let at = chime(sound.currentTime + 0.05);
  const spoken = ["ja", call.language ?? "ja"].filter((code, place, all) => LANGUAGES.includes(code) && all.indexOf(code) === place);
  for (const language of spoken) {
    try {
      at = await say(call, language, at) + 0.3;
    } catch {
      tapes.delete(language); // the line broke while the voice was fetched: the chime was heard, the number is seen
    }
  }
  await reach(at + REST);
}

export async function announce(call) {
  calls.push(call);
  if (speaking || !isOn()) {
    if (!isOn()) calls.length = 0;
    return;
  }
  speaking = true;
  while (calls.length) {
    const next = calls.shift();
    document.dispatchEvent(new CustomEvent("board:speaking", { detail: next }));
    await speak(next);
  }
  speaking = false;
}
