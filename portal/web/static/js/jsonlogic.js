// JsonLogic as json-logic-js 2.0 evaluates it, and five rules about days of our own: the same as
// portal/applications/procedures/json_logic.py, held to it by tests/contract/json_logic/cases.json. The server decides.
export const truthy = (value) => (Array.isArray(value) ? value.length > 0 : Boolean(value));

function place(name, data, otherwise = null) {
  if (name === undefined || name === null || name === "") return data;
  let found = data;
  for (const step of String(name).split(".")) {
    // Only what the data hold themselves: no rule reaches "constructor".
    if (found === null || found === undefined || !Object.hasOwn(Object(found), step)) return otherwise;
    found = found[step];
    if (found === undefined) return otherwise;
  }
  return found;
}

const absent = (names, data) => names.filter((name) => [null, ""].includes(place(name, data)));

function substr(text, start, end) {
  if (end < 0) {
    const kept = String(text).substr(start);
    return kept.substr(0, kept.length + end);
  }
  return String(text).substr(start, end);
}

// Days are texts as in ISO 8601; inside they are days since 1970 in UTC, where every day has 24 hours.
const DAY = 86_400_000;
function dayOf(text) {
  if (typeof text !== "string" || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) || text < "0001") return null;
  const time = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text ? null : time / DAY;
}
const textOf = (day) => new Date(day * DAY).toISOString().slice(0, 10);

function daysBetween(one, other) {
  const [first, last] = [dayOf(one), dayOf(other)];
  return first === null || last === null ? null : last - first;
}

function addDays(text, count) {
  const [day, number] = [dayOf(text), Number(count)];
  if (day === null || !Number.isInteger(number) || Math.abs(number) > 100_000) return null;
  const found = textOf(day + number);
  return /^[0-9]{4}-/.test(found) && found > "0001" ? found : null;
}

function age(born, on) {
  if (dayOf(born) === null || dayOf(on) === null) return null;
  return on.slice(0, 4) - born.slice(0, 4) - (on.slice(5) < born.slice(5) ? 1 : 0);
}

const OPERATIONS = {
  "==": (one, other) => one == other, // eslint-disable-line eqeqeq -- JsonLogic's own
  "===": (one, other) => one === other,
  "!=": (one, other) => one != other, // eslint-disable-line eqeqeq
  "!==": (one, other) => one !== other,
  "<": (one, two, three) => one < two && (three === undefined || two < three),
  "<=": (one, two, three) => one <= two && (three === undefined || two <= three),
  ">": (one, other) => one > other,
  ">=": (one, other) => one >= other,
  "!": (one) => !truthy(one),
  "!!": truthy,
  in: (one, many) => Boolean(many) && (typeof many === "string" || Array.isArray(many)) && many.indexOf(one) !== -1,
  cat: (...values) => values.join(""),
  substr,
  "+": (...values) => values.reduce((sum, one) => parseFloat(sum) + parseFloat(one), 0),
  "*": (...values) => values.reduce((product, one) => parseFloat(product) * parseFloat(one)),
  "-": (one, other) => (other === undefined ? -one : one - other),
  "/": (one, other) => one / other,
  "%": (one, other) => one % other,
  min: (...values) => Math.min(...values),
  max: (...values) => Math.max(...values),
  merge: (...values) => [].concat(...values),
  days_between: daysBetween,
  add_days: addDays,
  fiscal_year: (text) => (dayOf(text) === null ? null : text.slice(0, 4) - (text.slice(5, 7) < "04" ? 1 : 0)),
};
function choose(parts, data, today) {
  let at = 0;
  for (; at < parts.length - 1; at += 2) {
    if (truthy(apply(parts[at], data, today))) return apply(parts[at + 1], data, today);
  }
  return at < parts.length ? apply(parts[at], data, today) : null;
}

function untilDecided(parts, data, today, stop) {
  let found = null;
  for (const part of parts) {
    found = apply(part, data, today);
    if (truthy(found) === stop) break;
  }
  return found;
}

function rowsOf(parts, data, today) {
  const found = apply(parts[0], data, today);
  return Array.isArray(found) ? found : [];
}

const LAZY = {
  if: choose,
  "?:": choose,
  and: (parts, data, today) => untilDecided(parts, data, today, false),
  or: (parts, data, today) => untilDecided(parts, data, today, true),
  filter: (parts, data, today) => rowsOf(parts, data, today).filter((one) => truthy(apply(parts[1], one, today))),
  map: (parts, data, today) => rowsOf(parts, data, today).map((one) => apply(parts[1], one, today)),
  reduce: (parts, data, today) =>
    rowsOf(parts, data, today).reduce(
      (accumulator, current) => apply(parts[1], { current, accumulator }, today),
      parts.length > 2 ? apply(parts[2], data, today) : null,
    ),
  some: (parts, data, today) => rowsOf(parts, data, today).some((one) => truthy(apply(parts[1], one, today))),
  all: (parts, data, today) => {
    const rows = rowsOf(parts, data, today);
    return rows.length > 0 && rows.every((one) => truthy(apply(parts[1], one, today)));
  },
  none: (parts, data, today) => !LAZY.some(parts, data, today),
};

export function apply(rule, data, today) {
  if (Array.isArray(rule)) return rule.map((part) => apply(part, data, today));
  if (typeof rule !== "object" || rule === null || Object.keys(rule).length !== 1) return rule;
  const [[operator, given]] = Object.entries(rule);
  const parts = Array.isArray(given) ? given : [given];
  if (Object.hasOwn(LAZY, operator)) return LAZY[operator](parts, data, today);
  const values = parts.map((part) => apply(part, data, today));
  if (operator === "var") return place(values[0], data, values[1]);
  if (operator === "missing") return absent(Array.isArray(values[0]) ? values[0] : values, data);
  if (operator === "missing_some") {
    const gone = absent(values[1], data);
    return values[1].length - gone.length >= values[0] ? [] : gone;
  }
  if (operator === "today") return today;
  if (operator === "age") return age(values[0], values.length > 1 ? values[1] : today);
  if (!Object.hasOwn(OPERATIONS, operator)) throw new Error(`unknown operator ${operator}`);
  return OPERATIONS[operator](...values);
}

// Whether a condition is true of these answers; no condition always is.
export const holds = (rule, data, today) => rule === null || rule === undefined || truthy(apply(rule, data, today));
