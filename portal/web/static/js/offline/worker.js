// The service worker of the window's pages: while there is a line it does nothing but keep the page for the time
// without; then that page answers for every page of the window.
importScripts("/static/js/offline/answers.js");

const PAGE = "/staff/window/offline";
const FILES = [
  PAGE,
  ...FRAME,
  ...cssFiles("staff", "visits", "offline"),
  ...jsFiles("keys", ...["base", "desk", "leaving", "line", "queue", "rules", "store"].map((name) => `offline/${name}`)),
];

self.addEventListener("message", (event) => {
  if (event.data === "keep") event.waitUntil(keepFiles("offline-desk", FILES).catch(() => {}));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(answer(request, PAGE));
  else if (FILES.includes(url.pathname) && url.pathname !== PAGE) event.respondWith(answer(request, url.pathname));
});
