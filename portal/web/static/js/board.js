// The call board asks for the state every second and changes only what is new, so that a screen reader and the eye
// are called once for each call. A chime sounds with a new call where the browser allows it.
const SECOND = 1000;
const board = document.querySelector("[data-board]");
const part = (name) => board.querySelector(`[data-board-${name}]`);
const windowWords = (call) => board.dataset.window.replace("{number}", call.window);

let current = part("ticket").textContent.trim() + part("window").textContent.trim();
let failures = 0;
let sound;

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

function chime() {
  sound ??= new AudioContext();
  if (sound.state !== "running") return;
  tone(sound.currentTime, 784);
  tone(sound.currentTime + 0.5, 622);
}

function row(call) {
  const item = document.createElement("li");
  item.className = "board__row";
  for (const words of [call.ticket, windowWords(call)]) {
    item.append(Object.assign(document.createElement("span"), { textContent: words }));
  }
  return item;
}

function showCall(call) {
  const key = call ? `${call.id ?? ""}${call.ticket}${windowWords(call)}` : "";
  const shown = call ? call.ticket + windowWords(call) : "";
  if (current === key || (current === shown && key)) {
    current = key;
    return;
  }
  current = key;
  part("ticket").textContent = call ? call.ticket : "";
  part("window").textContent = call ? windowWords(call) : "";
  part("now").classList.remove("board__now--new");
  if (!call) return;
  requestAnimationFrame(() => part("now").classList.add("board__now--new"));
  chime();
}

function show(state) {
  part("clock").textContent = state.now;
  part("message").textContent = state.message ?? "";
  part("waiting").replaceChildren(...state.waiting.map((queue) => Object.assign(document.createElement("span"), {
    textContent: board.dataset.waiting.replace("{label}", queue.label).replace("{count}", queue.count),
  })));
  part("numbers")?.replaceChildren(...state.waiting.flatMap((queue) => queue.numbers ?? []).map((number) => (
    Object.assign(document.createElement("li"), { textContent: number })
  )));
  showCall(state.calls[0]);
  part("list").replaceChildren(...state.calls.slice(1, 6).map(row));
}

async function ask() {
  try {
    const answer = await fetch(board.dataset.url, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
    failures = 0;
  } catch {
    failures += 1;
  }
  part("stale").hidden = failures < 5;
  setTimeout(ask, SECOND);
}
ask();
document.addEventListener("pointerdown", () => { sound ??= new AudioContext(); sound.resume(); });
