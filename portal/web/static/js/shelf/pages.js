// The page that answers without a line, and its parts, are kept by the worker.
const PATIENCE = 30_000;

const begun = (worker) => new Promise((resolve) => {
  const look = () => { if (worker.state === "activated") resolve(worker); };
  worker.addEventListener("statechange", look);
  look();
});

// Whether everything is kept; false where the browser denies it.
export async function keepPages() {
  const registration = await navigator.serviceWorker.register("/push-worker.js", { scope: "/" });
  await registration.update().catch(() => {}); // one of before knows nothing of letters
  const coming = registration.installing ?? registration.waiting;
  const worker = coming ? await begun(coming) : registration.active;
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = (event) => resolve(event.data);
    setTimeout(resolve, PATIENCE, false);
    worker.postMessage("keep", [port2]);
  });
}
