// The button that turns on notifications on this device. Nothing is asked before it is pressed; it stays hidden where the
// browser has no push.
const block = document.querySelector("[data-push]");
const supported = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function bytes(base64url) {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (sign) => sign.charCodeAt(0));
}

async function subscribe(key) {
  await navigator.serviceWorker.register("/push-worker.js", { scope: "/" });
  const { pushManager } = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: bytes(key) };
  try {
    return await pushManager.subscribe(options);
  } catch (error) {
    const older = await pushManager.getSubscription(); // made with another key of this portal
    if (!older) throw error;
    await older.unsubscribe();
    return pushManager.subscribe(options);
  }
}

async function keep(subscription) {
  const answer = await fetch("/mailbox/channels/devices", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": block.dataset.csrf },
    body: JSON.stringify(subscription),
  });
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error("refused"), { words: [data.detail, data.next_step].filter(Boolean).join(" ") });
  location.assign(data.next);
}

if (block && supported) {
  const button = block.querySelector("[data-push-start]");
  const status = block.querySelector("[data-push-status]");
  block.hidden = false;
  document.querySelector("[data-push-missing]").hidden = true;
  button.addEventListener("click", async () => {
    status.textContent = "";
    button.setAttribute("aria-busy", "true");
    try {
      if ((await Notification.requestPermission()) !== "granted") throw Object.assign(new Error("denied"), { words: block.dataset.denied });
      await keep(await subscribe(block.dataset.push));
    } catch (error) {
      status.textContent = error.words || block.dataset.failed;
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}
