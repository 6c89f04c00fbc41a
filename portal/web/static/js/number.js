// One's own number: asks every few seconds, changes only what is new, and tells by sound, vibration and title when the
// turn is near. Without this file the page comes again by itself, or by its button.
const PAUSE = 5000;
const page = document.querySelector("[data-number]");
const part = (name) => page.querySelector(`[data-number-${name}]`);
const title = document.title;
const alertButton = part("alert");
let told = "";
let failures = 0;
let sound;

function ring(times) {
  navigator.vibrate?.(Array.from({ length: times }, () => [300, 200]).flat());
  if (sound?.state !== "running") return;
  for (let at = 0; at < times; at += 1) {
    const wave = sound.createOscillator();
    const volume = sound.createGain();
    const start = sound.currentTime + at * 0.6;
    wave.frequency.value = 784;
    volume.gain.setValueAtTime(0.4, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
    wave.connect(volume).connect(sound.destination);
    wave.start(start);
    wave.stop(start + 0.5);
  }
}

function write(name, text) {
  const place = part(name);
  if (place && place.textContent !== text) place.textContent = text;
}

function show(state) {
  if (state.state !== page.dataset.state) {
    const words = state.called ? page.dataset.called : "";
    if (!state.called || !["waiting", "parked"].includes(page.dataset.state)) {
      location.reload();
      return;
    }
    page.dataset.state = state.state;
    document.title = `${words} - ${title}`;
  }
  write("headline", state.headline);
  write("minutes", state.minutes);
  write("calling", state.calling.join(" · ") || "–");
  write("now", state.now);
  part("card").classList.toggle("number-card--near", state.near || state.called);
  const now = state.called ? "called" : state.near ? "near" : "";
  if (now && now !== told) {
    document.title = `${now === "called" ? page.dataset.called : page.dataset.near} - ${title}`;
    ring(now === "called" ? 4 : 2);
  }
  told = now;
}

async function ask() {
  try {
    const answer = await fetch(page.dataset.number, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
    failures = 0;
  } catch {
    failures += 1;
  }
  if (part("stale")) part("stale").hidden = failures < 3;
  setTimeout(ask, PAUSE);
}

if (alertButton) {
  alertButton.hidden = false;
  alertButton.addEventListener("click", async () => {
    sound ??= new AudioContext();
    await sound.resume();
    ring(1);
    alertButton.textContent = alertButton.dataset.on;
    alertButton.setAttribute("aria-pressed", "true");
  });
}
if (["waiting", "parked", "called", "serving"].includes(page.dataset.state)) setTimeout(ask, PAUSE);
