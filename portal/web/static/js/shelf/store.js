// What a device keeps of its owner's letters: each sealed with a key that lies beside them, cannot be taken out of the
// browser, and goes first when everything goes. Only ids and last days stand open.
import { base, value } from "../offline/base.js";

const MARK = "shelf";
// Whose owner was not signed in here for so long has left this device.
const ABSENT = 14 * 86_400_000;
const within = base("shelf", { facts: {}, letters: { keyPath: "id" }, files: { keyPath: "id" } });
const news = new BroadcastChannel("shelf");

export class Gone extends Error {}

// Whose letters are kept here, as a mark that says nothing to anybody else; null where none are.
export function mark() {
  try {
    return localStorage.getItem(MARK);
  } catch {
    return null;
  }
}

// In other tabs, and by what watches over letters in this one.
export function onChange(act) {
  news.addEventListener("message", act);
  addEventListener("shelf", act);
}
const changed = () => news.postMessage("changed");

export const facts = () => within("readonly", async (kept) => {
  const shelf = await value(kept.get("shelf"));
  return shelf && { ...shelf, key: await value(kept.get("key")) };
});

// A new shelf: `shelf` is {token, mark}.
export async function begin(shelf) {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await within("readwrite", async (kept, letters, files) => {
    for (const store of [letters, files]) await value(store.clear());
    await value(kept.put({ ...shelf, seen: Date.now() }, "shelf"));
    await value(kept.put(key, "key"));
  });
  localStorage.setItem(MARK, shelf.mark);
}

export const note = (more) => within("readwrite", async (kept) => {
  const shelf = await value(kept.get("shelf"));
  if (shelf) await value(kept.put({ ...shelf, ...more }, "shelf"));
});

const how = (id, iv) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(id) });

async function seal(key, id, plain) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { id, iv, sealed: await crypto.subtle.encrypt(how(id, iv), key, plain) };
}

const unseal = (key, row) => crypto.subtle.decrypt(how(row.id, row.iv), key, row.sealed);

// Keep a letter with the contents of its files; Gone if the shelf went meanwhile (somebody signed out in another tab).
export async function put(letter, contents) {
  const { token, key } = await facts() ?? {};
  if (!key) throw new Gone();
  const text = await seal(key, letter.id, new TextEncoder().encode(JSON.stringify(letter)));
  const sealed = await Promise.all([...contents].map(([id, content]) => seal(key, id, content)));
  await within("readwrite", async (kept, letters, files) => {
    if ((await value(kept.get("shelf")))?.token !== token) throw new Gone();
    await value(letters.put({ ...text, until: letter.until, files: [...contents.keys()] }));
    for (const row of sealed) await value(files.put(row));
  });
  changed();
}

const rows = () => within("readonly", (_kept, letters) => value(letters.getAll()));
export const ids = async () => (await rows()).map((row) => row.id);

// All letters, the one kept last first; what cannot be opened any more is left out.
export async function all() {
  const { key } = await facts() ?? {};
  const opened = key ? await Promise.all((await rows()).map((row) => unseal(key, row).catch(() => null))) : [];
  const letters = opened.filter(Boolean).map((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
  return letters.sort((one, other) => (one.kept < other.kept ? 1 : -1));
}

export async function file(id) {
  const { key } = await facts() ?? {};
  const row = await within("readonly", (_kept, _letters, files) => value(files.get(id)));
  return key && row ? unseal(key, row) : null;
}

export async function remove(gone) {
  if (gone.length === 0) return;
  await within("readwrite", async (_kept, letters, files) => {
    for (const id of gone) {
      for (const one of (await value(letters.get(id)))?.files ?? []) await value(files.delete(one));
      await value(letters.delete(id));
    }
  });
  changed();
}

// Nothing is kept here any more; the key goes before everything else, also if the browser stops in between.
export async function wipe() {
  await within("readwrite", (kept) => value(kept.clear()));
  await within("readwrite", async (_kept, letters, files) => {
    for (const store of [letters, files]) await value(store.clear());
  });
  localStorage.removeItem(MARK);
  changed();
  await self.caches?.delete("shelf").catch(() => {});
}

// What is over its time goes by itself, with or without a line.
export async function tidy(now = Date.now()) {
  const shelf = await facts();
  if (shelf && now - shelf.seen > ABSENT) await wipe();
  else await remove((await rows()).filter((row) => Date.parse(row.until) <= now).map((row) => row.id));
}
