// IndexedDB as promises, for whoever keeps something in a browser: on the disk before the page says so, and tabs take turns.
export const value = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

function open(name, stores) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    for (const [store, options] of Object.entries(stores)) request.result.createObjectStore(store, options);
  };
  return value(request);
}

// `within(mode, act)` calls `act` with the *stores* of the base *name* in one transaction; what it returns is given back
// once that is on the disk.
export const base = (name, stores) => async function within(mode, act) {
  const opened = await open(name, stores);
  const names = Object.keys(stores);
  const transaction = opened.transaction(names, mode, { durability: "strict" });
  const finished = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
  });
  try {
    const result = await act(...names.map((store) => transaction.objectStore(store)));
    await finished;
    return result;
  } catch (refused) {
    try {
      transaction.abort();
    } catch {
      // It had ended already.
    }
    await finished.catch(() => {});
    throw refused;
  } finally {
    opened.close();
  }
};

// Whether there is a line; asked as a stranger, so that a page left open does not keep a session alive.
export async function isThere(patience = 6000) {
  const asked = { credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(patience) };
  return fetch("/healthz", asked).then((answer) => answer.ok, () => false);
}
