// What the service workers share: keep files for the time without a line, and answer with them when it is lost.
const PATIENCE = 8000;

// Whether all of *files* are kept; those that came are, in any case.
async function keepFiles(cacheName, files) {
  const cache = await caches.open(cacheName);
  const all = await Promise.all(files.map(async (path) => {
    const given = await fetch(path, { cache: "no-cache", headers: { Accept: "text/html,*/*" } });
    const isGood = given.ok && !given.redirected;
    if (isGood) await cache.put(path, given);
    return isGood;
  }));
  return all.every(Boolean);
}

// The answer of the portal, or the file *kept* for when there is none.
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

const cssFiles = (...names) => names.map((name) => `/static/css/${name}.css`);
const jsFiles = (...names) => names.map((name) => `/static/js/${name}.js`);
// Of every page.
const FRAME = [
  "/static/mark.svg",
  "/static/vendor/design-tokens/tokens.css",
  ...cssFiles("base", "layout", "header", "forms", "tables", "lists", "components", "print"),
  ...jsFiles("page", "timeout", "copy", "date"),
];

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
