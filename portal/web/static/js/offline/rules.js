// Whose turn it is and when numbers are given, as the server decides it (portal/window/turn_rules.py, rules.py and
// core/reference.py): tests/contract/offline/cases.json holds both to the same answers. Times are milliseconds.
const MINUTE = 60_000;
const NEAR_TIME = 10 * MINUTE;
const LONGEST_PASSED = 30 * MINUTE;
const MOST_PASSED = 3;
const EARLIEST = 60 * MINUTE;
const LATEST = 30 * MINUTE;
const JAPAN = 9 * 60 * MINUTE;
const SIGNS = "0123456789ACDEFGHJKMNPQRTUVWXYZ";
const DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2500\u2501\ufe58\ufe63\uff0d\u30fc\uff70";
const LOOK_ALIKE = { O: "0", I: "1", L: "1", S: "5", B: "8" };

export class Refused extends Error {
  constructor(code, facts = {}) {
    super(code);
    this.code = code;
    this.facts = facts;
  }
}

const waitsSince = (one) => (one.starts_at === null ? one.drawn_at : Math.max(one.drawn_at, one.starts_at - NEAR_TIME));

// 0 overdue, 1 needs soon, 2 express, 3 reserved and near its time, 4 the others.
function rank(one, now) {
  const overdue = one.passed_over >= MOST_PASSED || now - waitsSince(one) >= LONGEST_PASSED;
  if (one.lane === "general" && overdue) return 0;
  if (one.needs) return 1;
  if (one.lane === "express") return 2;
  return one.starts_at !== null && waitsSince(one) <= now ? 3 : 4;
}

export function inOrder(waiting, now) {
  const keys = new Map(waiting.map((one) => [one, [rank(one, now), waitsSince(one), one.drawn_at, one.number]]));
  return [...waiting].sort((first, second) => {
    const [left, right] = [keys.get(first), keys.get(second)];
    const differs = left.findIndex((value, place) => value !== right[place]);
    return differs < 0 ? 0 : left[differs] - right[differs];
  });
}

export const passedBy = (chosen, waiting, now) => waiting.filter((one) => (
  one.lane === "general" && one !== chosen && waitsSince(one) < Math.min(waitsSince(chosen), now)
));

const inJapan = (at) => new Date(at + JAPAN).toISOString();
export const dayOf = (at) => inJapan(at).slice(0, 10);
export const clockOf = (at) => inJapan(at).slice(11, 16);

export function checkTime(startsAt, now) {
  if (dayOf(startsAt) > dayOf(now)) throw new Refused("check-in-not-today", { day: dayOf(startsAt) });
  if (now > startsAt + LATEST) throw new Refused("check-in-too-late");
  if (now < startsAt - EARLIEST) throw new Refused("check-in-too-early", { time: clockOf(startsAt - EARLIEST) });
}

export function checkGiving(opens, until, now) {
  if (clockOf(now) < opens) throw new Refused("numbers-not-yet", { time: opens });
  if (clockOf(now) >= until) throw new Refused("numbers-closed", { time: until });
}

// A reference as typed or scanned, in written form; null if it is none.
export function readReference(text) {
  const folded = text.replace(/[\uff01-\uff5e]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0));
  const signs = [...folded.toUpperCase()]
    .filter((sign) => !/\s/.test(sign) && !DASHES.includes(sign))
    .map((sign) => LOOK_ALIKE[sign] ?? sign);
  const values = signs.map((sign) => SIGNS.indexOf(sign));
  if (values.length !== 12 || values.includes(-1)) return null;
  if (values.reduce((sum, value, place) => sum + value * (place + 1), 0) % 31 !== 18) return null;
  const plain = signs.join("");
  return [plain.slice(0, 4), plain.slice(4, 8), plain.slice(8)].join("-");
}

export async function visitHash(reference, salt, rounds) {
  const bytes = Uint8Array.from(salt.match(/../g), (pair) => parseInt(pair, 16));
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(reference), "PBKDF2", false, ["deriveBits"]);
  const facts = { name: "PBKDF2", hash: "SHA-256", salt: bytes, iterations: rounds };
  const bits = new Uint8Array(await crypto.subtle.deriveBits(facts, key, 128));
  return [...bits].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
