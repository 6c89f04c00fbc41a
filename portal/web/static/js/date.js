// Shows a typed date in both calendars. The browser knows the Japanese calendar; the bounds of the eras are ours, as in
// core/wareki.py: the year that counts as the first, the first day and the last. Nothing is shown for a day outside.
const A_LIFE_AHEAD = `${new Date().getFullYear() + 100}-12-31`;
const ERAS = {
  ce: [1, "1873-01-01", A_LIFE_AHEAD],
  reiwa: [2019, "2019-05-01", A_LIFE_AHEAD],
  heisei: [1989, "1989-01-08", "2019-04-30"],
  showa: [1926, "1926-12-25", "1989-01-07"],
  taisho: [1912, "1912-07-30", "1926-12-25"],
  meiji: [1868, "1873-01-01", "1912-07-30"],
};

const narrow = (text) => Number(text.normalize("NFKC").replace("元", "1").trim());

export function readDate(group) {
  const [era, year, month, day] = [...group.querySelectorAll("select, input")].map((control) => control.value);
  if (!year.trim() || !month.trim() || !day.trim()) return null;
  const [firstYear, firstDay, lastDay] = ERAS[era];
  const western = firstYear + narrow(year) - 1;
  const date = new Date(2000, narrow(month) - 1, narrow(day));
  date.setFullYear(western, narrow(month) - 1, narrow(day));
  if (date.getDate() !== narrow(day) || date.getFullYear() !== western) return null;
  const iso = [western, narrow(month), narrow(day)].map((part) => String(part).padStart(2, "0")).join("-");
  return western > 999 && western < 10000 && iso >= firstDay && iso <= lastDay ? date : null;
}

function bind(group) {
  const output = group.parentElement.querySelector("output");
  const language = document.documentElement.lang;
  const western = new Intl.DateTimeFormat(language, { dateStyle: "long" });
  const japanese = new Intl.DateTimeFormat("ja-JP-u-ca-japanese", { era: "long", year: "numeric", month: "long", day: "numeric" });
  const both = language === "ja"
    ? (date) => `${japanese.format(date)}（${western.format(date)}）`
    : (date) => `${western.format(date)} (${japanese.format(date)})`;
  const show = () => {
    const date = readDate(group);
    output.textContent = date ? both(date) : "";
  };
  group.addEventListener("input", show);
  if (!output.textContent.trim()) show();
}

document.querySelectorAll("[data-date]").forEach(bind);
document.addEventListener("drawn", (event) => event.target.querySelectorAll("[data-date]").forEach(bind));
