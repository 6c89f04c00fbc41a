// What a desk keeps in its browser (IndexedDB): the lease, the state of the hall, and the journal of its steps. A step is
// on the disk before the page shows what it did, and two tabs of one browser take turns.
import { base, value } from "./base.js";

const within = base("offline-desk", { kept: {}, journal: { keyPath: "place", autoIncrement: true } });

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
