// What stands in a question now, in the shape the server's answers have (procedures/fields): conditions ask about it.
// An answer that is not finished is none. The server reads again and decides.
import { readDate } from "./date.js";

const narrow = (text) => text.normalize("NFKC").trim();
const whole = (text) => {
  const digits = narrow(text).replaceAll(/[,、]/g, "").replace(/円$/, "").replace(/^[¥\\]/, "");
  return /^-?[0-9]+$/.test(digits) ? Number(digits) : null;
};
const checked = (box) => [...box.querySelectorAll("input:checked")].map((input) => input.value);
const text = (box) => narrow(box.querySelector("input:not([type=hidden]), textarea")?.value ?? "") || null;
const number = (box) => whole(text(box) ?? "");
const pad = (part) => String(part).padStart(2, "0");

function day(box) {
  const found = readDate(box.querySelector("[data-date]"));
  return found && `${String(found.getFullYear()).padStart(4, "0")}-${pad(found.getMonth() + 1)}-${pad(found.getDate())}`;
}

function parts(box) {
  const found = {};
  for (const input of box.querySelectorAll("input[name], select[name]")) {
    found[input.name.slice(input.name.lastIndexOf("-") + 1)] = narrow(input.value);
  }
  return Object.values(found).some(Boolean) ? found : null;
}

// The columns of a row stand in boxes of their own; a row nobody typed into does not count.
function rows(box) {
  const found = [...box.querySelectorAll("fieldset.row")].map((row) => {
    const cells = [...row.querySelectorAll("[data-column]")].map((cell) => [cell.dataset.column, answerIn(cell)]);
    return Object.fromEntries(cells.filter(([, answer]) => answer !== null));
  });
  return found.filter((row) => Object.keys(row).length > 0);
}

const READERS = {
  number,
  amount: number,
  date: day,
  choice: (box) => checked(box)[0] ?? null,
  "yes-no": (box) => checked(box)[0] ?? null,
  licence: (box) => checked(box)[0] ?? null,
  "household-members": checked,
  "postal-address": parts,
  "bank-account": parts,
  rows,
};

// The answer in a box with data-type, null if there is none.
export const answerIn = (box) => (READERS[box.dataset.type] ?? text)(box);
