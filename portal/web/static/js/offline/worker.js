// The service worker of the window's pages: while there is a line it does nothing but keep the page for the time
// without; then that page answers for every page of the window.
const CACHE = "offline-desk";
const PAGE = "/staff/window/offline";
const PATIENCE = 8000;
const FILES = [
  PAGE,
  "/static/mark.svg",
  "/static/vendor/design-tokens/tokens.css",
  ...["base", "layout", "header", "forms", "tables", "lists", "components", "print", "staff", "visits", "offline"]
    .map((name) => `/static/css/${name}.css`),
  ...["page", "timeout", "copy", "date", "keys"].map((name) => `/static/js/${name}.js`),
  ...["desk", "leaving", "line", "queue", "rules", "store"].map((name) => `/static/js/offline/${name}.js`),
];

async function keepFiles() {
  const cache = await caches.open(CACHE);
  await Promise.all(FILES.map(async (path) => {
    const answer = await fetch(path, { cache: "no-cache", headers: { Accept: "text/html,*/*" } });
    if (answer.ok && !answer.redirected) await cache.put(path, answer);
  }));
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  if (event.data === "keep") event.waitUntil(keepFiles().catch(() => {}));
});

async function answer(request, kept) {
  try {
    // A line that is half lost never fails: after a while it counts as lost.
    const patient = request.mode === "navigate" ? { signal: AbortSignal.timeout(PATIENCE) } : {};
    const given = await fetch(request, patient);
    if (given.status < 502 || given.status > 504) return given;
    return (await caches.match(kept)) ?? given;
  } catch (lost) {
    const found = await caches.match(kept);
    if (found) return found;
    throw lost;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(answer(request, PAGE));
  else if (FILES.includes(url.pathname) && url.pathname !== PAGE) event.respondWith(answer(request, url.pathname));
});
