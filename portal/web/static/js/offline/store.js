// What a desk keeps in its browser (IndexedDB): the lease, the state of the hall, and the journal of its steps. A step is
// on the disk before the page shows what it did, and two tabs of one browser take turns.
const NAME = "offline-desk";

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("kept");
      request.result.createObjectStore("journal", { keyPath: "place", autoIncrement: true });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

const value = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

// `act(kept, journal, facts, steps)` works within one transaction; what it returns is given back once that is on the disk.
async function within(mode, act) {
  const base = await open();
  const transaction = base.transaction(["kept", "journal"], mode, { durability: "strict" });
  const finished = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
  });
  try {
    const result = await act(transaction.objectStore("kept"), transaction.objectStore("journal"));
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
    base.close();
  }
}

export const load = () => within("readonly", async (kept, journal) => ({
  kept: await value(kept.get("desk")),
  journal: await value(journal.getAll()),
}));

export const pending = async () => (await within("readonly", (_kept, journal) => value(journal.count())));

// Change what is kept; `change(old)` returns the new, or nothing to leave it.
export const keep = (change) => within("readwrite", async (kept, journal) => {
  const changed = change(await value(kept.get("desk")), await value(journal.count()));
  if (changed) await value(kept.put(changed, "desk"));
  return changed;
});

// Decide and write in one: `decide(kept, journal)` returns the step without its place, or nothing, or throws.
export const append = (decide) => within("readwrite", async (kept, journal) => {
  const desk = await value(kept.get("desk"));
  const step = decide(desk, await value(journal.getAll()));
  if (!step) return null;
  const place = await value(journal.add(step));
  const { series, place: number } = step.more ?? {};
  if (series) await value(kept.put({ ...desk, used: { ...desk.used, [series]: number } }, "desk"));
  return { ...step, place };
});

export const forget = (ids) => within("readwrite", async (_kept, journal) => {
  for (const step of await value(journal.getAll())) if (ids.has(step.id)) await value(journal.delete(step.place));
});
