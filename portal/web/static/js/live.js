// Shows and hides questions while others on the same page are answered, by the rules the server uses (jsonlogic.js). What
// is hidden is disabled, so it is not sent and keeps nothing. Changes are told politely, one sentence at a time.
import { answerIn } from "./answers.js";
import { holds } from "./jsonlogic.js";

const PAUSE = 400; // milliseconds: while somebody types, a screen reader is not interrupted at every key

for (const form of document.querySelectorAll("form[data-live]")) {
  const before = JSON.parse(form.dataset.facts);
  const status = form.querySelector("[data-live-status]");
  let timer = 0;

  const decide = () => {
    const told = { ...before };
    const changed = [];
    for (const box of form.querySelectorAll("[data-field]")) {
      const asked = !box.dataset.when || holds(JSON.parse(box.dataset.when), told, form.dataset.today);
      if (box.dataset.when && box.hidden === asked) {
        box.hidden = box.disabled = !asked;
        changed.push([asked, box.dataset.label]);
      }
      const answer = asked ? answerIn(box) : null;
      if (answer !== null) told[box.dataset.field] = answer;
    }
    if (!changed.length) return;
    clearTimeout(timer);
    const words = changed.map(([came, label]) => (came ? status.dataset.came : status.dataset.gone).replace("{label}", label));
    timer = setTimeout(() => { status.textContent = words.join(" "); }, PAUSE);
  };
  form.addEventListener("input", decide);
  form.addEventListener("drawn", decide);
  decide(); // a page come back to holds what the browser kept, which the server has not seen
}
