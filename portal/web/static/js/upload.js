// Sends chosen files at once and shows how far it is; the answer's page takes the place of this one.
// <form data-upload>: without JavaScript the same form has a button.
function prepare(form) {
  const words = form.dataset;
  const status = form.querySelector("[data-upload-status]");
  const frame = form.querySelector("[data-upload-progress]");
  const bar = frame.querySelector("progress");
  for (const button of form.querySelectorAll("[data-upload-button]")) button.hidden = true;

  function show(page) {
    const fresh = new DOMParser().parseFromString(page, "text/html");
    const main = fresh.querySelector("main");
    if (!main) return location.reload();
    document.querySelector("main").replaceWith(document.importNode(main, true));
    document.title = fresh.title;
    const next = document.querySelector("form[data-upload]");
    if (next) prepare(next);
    (document.querySelector(".banner--error[data-focus]") ?? document.querySelector("main")).focus();
  }

  function broke() {
    frame.hidden = true;
    form.removeAttribute("aria-busy");
    for (const input of form.querySelectorAll("input[type=file]")) input.value = "";
    status.textContent = words.broken;
  }

  function send() {
    const data = new FormData(form);
    data.set("act", "add");
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "text/html");
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      bar.value = Math.round((100 * event.loaded) / event.total);
      status.textContent = bar.value < 100 ? words.sending.replace("{percent}", bar.value) : words.checking;
    });
    request.addEventListener("load", () => show(request.responseText));
    request.addEventListener("error", broke);
    request.addEventListener("abort", broke);
    bar.value = 0;
    frame.hidden = false;
    form.setAttribute("aria-busy", "true");
    status.textContent = words.sending.replace("{percent}", "0");
    request.send(data);
  }

  const take = (input) => {
    const large = [...input.files].find((file) => file.size > Number(words.fileLimit));
    if (large) {
      status.textContent = words.large.replace("{name}", large.name);
      input.value = "";
    } else if (input.files.length) send();
  };
  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => take(input));
    take(input); // chosen before this file had come: the button is hidden now, and nothing else would send it
  }
}

for (const form of document.querySelectorAll("form[data-upload]")) prepare(form);
