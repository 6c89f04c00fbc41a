// Counts down the time a place is held. The server's clock decides: the page only shows how much is left, measured from
// what the server said "now" was, so that a wrong clock of the device does no harm. Read aloud once a minute.
for (const place of document.querySelectorAll("[data-held-until]")) {
  const left = Date.parse(place.dataset.heldUntil) - Date.parse(place.dataset.now);
  const began = performance.now();
  const aloud = document.createElement("span");
  aloud.className = "visually-hidden";
  aloud.setAttribute("role", "status");
  place.after(aloud);
  place.setAttribute("aria-hidden", "true");
  let timer = null;
  let said = Math.ceil(left / 60_000);
  const tick = () => {
    const seconds = Math.max(0, Math.round((left - (performance.now() - began)) / 1000));
    if (seconds === 0) {
      place.textContent = "";
      aloud.className = "held__over";
      aloud.textContent = place.dataset.over;
      clearInterval(timer);
      return;
    }
    const words = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    place.textContent = place.dataset.words.replace("{}", words);
    if (Math.ceil(seconds / 60) < said) {
      said = Math.ceil(seconds / 60);
      aloud.textContent = place.textContent;
    }
  };
  timer = setInterval(tick, 1000);
  tick();
}
