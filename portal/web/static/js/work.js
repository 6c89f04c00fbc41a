// The check against automatic reservations: begins when the page opens and is mostly done before somebody has chosen.
// A form sent earlier waits for it. Without a worker or SHA-256 the words for those without JavaScript stay.
for (const box of window.Worker && window.isSecureContext ? document.querySelectorAll("[data-work]") : []) {
  const form = box.closest("form");
  const [task, answer] = ["work_task", "work_answer"].map((name) => form.elements[name]);
  const doing = box.querySelector("[data-work-doing]");
  const bar = box.querySelector("progress");
  const status = box.querySelector("[data-work-status]");
  const waiting = box.querySelector("[data-work-wait]");
  let sender = null; // the button of a form that waits; undefined: sent by the Enter key

  const solver = new Worker(box.dataset.worker);
  doing.hidden = false;
  waiting.hidden = true;
  const end = (done) => {
    solver.terminate();
    doing.hidden = true;
    waiting.hidden = done;
    status.textContent = done ? status.dataset.done : "";
    if (sender !== null) form.requestSubmit(sender);
  };
  solver.addEventListener("message", ({ data }) => {
    if (data.percent !== undefined) bar.value = data.percent;
    if (data.answer === undefined) return;
    answer.value = data.answer;
    end(true);
  });
  solver.addEventListener("error", () => end(false));
  form.addEventListener(
    "submit",
    (event) => {
      if (doing.hidden) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      sender = event.submitter ?? undefined;
      status.textContent = status.dataset.soon;
    },
    { capture: true },
  );
  solver.postMessage({ task: task.value, bits: Number(box.dataset.bits) });
}
