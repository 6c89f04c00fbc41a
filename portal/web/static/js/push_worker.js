// The service worker of residents: shows push messages and opens what they lead to. Without a line, and where letters are
// kept on this device, one page answers for all of theirs (shelf/list.js); with a line nothing comes from here.
importScripts("/static/js/offline/answers.js");

const PAGE = "/mailbox/shelf/offline";
const NOT_OURS = /^\/(staff|business)(\/|$)/;
const FILES = [PAGE, ...FRAME, ...jsFiles("offline/base", "shelf/store", "shelf/pages", "shelf/watch", "shelf/list")];

self.addEventListener("message", (event) => {
  if (event.data !== "keep") return;
  const kept = keepFiles("shelf", FILES).catch(() => false);
  event.waitUntil(kept.then((all) => event.ports[0].postMessage(all)));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || NOT_OURS.test(url.pathname)) return;
  if (request.mode === "navigate") event.respondWith(answer(request, PAGE));
  else if (FILES.includes(url.pathname) && url.pathname !== PAGE) event.respondWith(answer(request, url.pathname));
});

self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data?.json() ?? {};
  } catch {
    // What cannot be read is shown as a notice without words: browsers demand that something is shown.
  }
  event.waitUntil(
    self.registration.showNotification(told.title ?? "お知らせ / New notice", {
      body: told.body ?? "",
      tag: told.tag,
      lang: told.lang,
      icon: "/static/icon-192.png",
      data: { url: told.url },
    }),
  );
});

async function open(url) {
  const wanted = new URL(url ?? "/mailbox", self.location.origin);
  const place = wanted.origin === self.location.origin ? wanted.href : self.location.origin;
  for (const page of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) {
    if (page.url === place) return page.focus();
  }
  return self.clients.openWindow(place);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url));
});

async function renew(before, after) {
  const options = before?.options ?? after?.options;
  if (!before || !options) return; // without the old address the portal cannot know whose browser this is
  const fresh = after ?? (await self.registration.pushManager.subscribe(options));
  await fetch("/mailbox/channels/devices/renew", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ old: before.endpoint, new: fresh }),
  });
}

self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(event.oldSubscription, event.newSubscription));
});
