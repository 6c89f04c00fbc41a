// The call board asks for the state twice a second, so that whoever has just checked in finds their number within one,
// and changes only what is new, so that a screen reader and the eye are called once for each call. Voices say each new call, once somebody has pressed the button for sound.
import { announce, isOn, turnOn } from "./voices.js";

const PAUSE = 500;
const STALE_AFTER = 10;
const board = document.querySelector("[data-board]");
const part = (name) => board.querySelector(`[data-board-${name}]`);
const windowWords = (call) => board.dataset.window.replace("{number}", call.window);

let current = part("ticket").textContent.trim() + part("window").textContent.trim();
let failures = 0;
let heard;
const soundButton = part("sound");

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
}

// What was called before the board began is not said; later calls are, the older first.
function sayNew(calls) {
  const known = heard;
  heard = new Set(calls.map((call) => `${call.id}`));
  if (!known) return;
  for (const call of calls.filter((one) => !known.has(`${one.id}`)).reverse()) announce(call);
}

function show(state) {
  part("clock").textContent = state.now;
  part("message").textContent = state.message ?? "";
  part("waiting").replaceChildren(...state.waiting.map((queue) => Object.assign(document.createElement("span"), {
    textContent: board.dataset.waiting.replace("{label}", queue.label).replace("{count}", queue.count),
  })));
  part("numbers")?.replaceChildren(...(state.numbers ?? []).map((number) => (
    Object.assign(document.createElement("li"), { textContent: number })
  )));
  showCall(state.calls[0]);
  sayNew(state.calls);
  part("list").replaceChildren(...state.calls.slice(1, 6).map(row));
}

async function ask() {
  try {
    const answer = await fetch(board.dataset.url, { headers: { Accept: "application/json" }, cache: "no-cache" });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
    failures = 0;
  } catch {
    failures += 1;
  }
  part("stale").hidden = failures < STALE_AFTER;
  if (failures === STALE_AFTER) part("stale").textContent = board.dataset.stale.replace("{time}", part("clock").textContent);
  setTimeout(ask, PAUSE);
}
ask();

// What the whole city is warned of stands above the numbers. Asked more seldom: who is called must not wait for it.
const ALARM_PAUSE = 5000;
const alarm = part("alarm");

function warn(alarms) {
  const said = alarms.map((one) => `${one.title}${one.area ? ` (${one.area})` : ""}`);
  if (said.join("\n") !== [...alarm.children].map((line) => line.textContent).join("\n")) {
    alarm.replaceChildren(...alarms.map((one, place) => (
      Object.assign(document.createElement("p"), { textContent: said[place], lang: one.lang })
    )));
  }
  alarm.hidden = alarms.length === 0;
}

async function askAlarms() {
  try {
    const answer = await fetch(alarm.dataset.alarmUrl, { headers: { Accept: "application/json" }, cache: "no-cache" });
    if (answer.ok) warn((await answer.json()).alarms);
  } catch {
    // the board's own question says that the portal does not answer
  }
  setTimeout(askAlarms, ALARM_PAUSE);
}
if (alarm) askAlarms();

const showSound = () => { soundButton.hidden = isOn(); };

async function sound() {
  await turnOn(showSound);
  showSound();
}
soundButton.hidden = false;
soundButton.addEventListener("click", sound);
sound(); // a board's own browser may start with sound allowed (--autoplay-policy)
