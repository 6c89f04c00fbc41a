// Shows push messages and opens what they lead to. It answers no requests: pages are fetched as if it were not there.
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
