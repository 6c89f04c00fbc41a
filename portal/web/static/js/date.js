// Shows a typed date in both calendars. The browser knows the Japanese calendar; only the first years of the eras are ours.
const FIRST_YEAR = { ce: 1, reiwa: 2019, heisei: 1989, showa: 1926, taisho: 1912, meiji: 1868 };

const narrow = (text) => Number(text.normalize("NFKC").replace("元", "1").trim());

function readDate(group) {
  const [era, year, month, day] = [...group.querySelectorAll("select, input")].map((control) => control.value);
  if (!year.trim() || !month.trim() || !day.trim()) return null;
  const western = FIRST_YEAR[era] + narrow(year) - 1;
  const date = new Date(2000, narrow(month) - 1, narrow(day));
  date.setFullYear(western, narrow(month) - 1, narrow(day));
  return date.getDate() === narrow(day) && date.getFullYear() === western ? date : null;
}

for (const group of document.querySelectorAll("[data-date]")) {
  const output = group.parentElement.querySelector("output");
  const language = document.documentElement.lang;
  const western = new Intl.DateTimeFormat(language, { dateStyle: "long" });
  const japanese = new Intl.DateTimeFormat("ja-JP-u-ca-japanese", { era: "long", year: "numeric", month: "long", day: "numeric" });
  const show = () => {
    const date = readDate(group);
    output.textContent = date ? `${japanese.format(date)}（${western.format(date)}）` : "";
  };
  group.addEventListener("input", show);
  if (!output.textContent.trim()) show();
}
