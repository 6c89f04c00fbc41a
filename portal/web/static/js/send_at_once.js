// A form whose reader has nothing to fill in is sent by itself; its button is for browsers without scripts.
document.querySelector("form[data-send-at-once]")?.requestSubmit();
