// Tables of days as grids (ARIA grid pattern): one stop of the Tab key, then arrows, Home, End, PageUp, PageDown.
// Without this file the same tables are links and words.
for (const table of document.querySelectorAll("table[data-grid]")) {
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.querySelector("[data-cell]")));
  const all = rows.flat().filter(Boolean);
  if (all.length === 0) continue;
  table.setAttribute("role", "grid");
  table.setAttribute("aria-label", table.caption?.textContent ?? "");
  const first = all.find((cell) => cell.hasAttribute("aria-current")) ?? all.find((cell) => cell.href) ?? all[0];
  all.forEach((cell) => (cell.tabIndex = cell === first ? 0 : -1));

  const go = (cell) => {
    if (!cell) return;
    all.forEach((other) => (other.tabIndex = other === cell ? 0 : -1));
    cell.focus();
  };
  const place = (cell) => {
    const row = rows.findIndex((cells) => cells.includes(cell));
    return [row, rows[row].indexOf(cell)];
  };
  // The next cell in a column or a row, over empty ones; none at the edge.
  const down = (cell, step) => {
    let [row, column] = place(cell);
    while (rows[(row += step)]) if (rows[row][column]) return rows[row][column];
    return undefined;
  };
  const along = (cell, step) => all[all.indexOf(cell) + step];
  const ofRow = (cell) => rows[place(cell)[0]].filter(Boolean);
  // The same day of the month before or after, as near as the grid has it; in a week's grid the other week's page.
  const page = (cell, step) => {
    const other = document.querySelector(step < 0 ? "a[data-earlier]" : "a[data-later]");
    if (table.classList.contains("calendar--week")) return other?.click();
    const wanted = new Date(`${cell.dataset.cell}T00:00Z`);
    const day = wanted.getUTCDate();
    wanted.setUTCDate(1);
    wanted.setUTCMonth(wanted.getUTCMonth() + step);
    wanted.setUTCDate(Math.min(day, new Date(Date.UTC(wanted.getUTCFullYear(), wanted.getUTCMonth() + 1, 0)).getUTCDate()));
    const distance = (one) => Math.abs(new Date(`${one.dataset.cell}T00:00Z`) - wanted);
    return go(all.reduce((best, one) => (distance(one) < distance(best) ? one : best)));
  };
  const moves = {
    ArrowLeft: (cell) => go(along(cell, -1)),
    ArrowRight: (cell) => go(along(cell, 1)),
    ArrowUp: (cell) => go(down(cell, -1)),
    ArrowDown: (cell) => go(down(cell, 1)),
    Home: (cell, whole) => go(whole ? all[0] : ofRow(cell)[0]),
    End: (cell, whole) => go(whole ? all.at(-1) : ofRow(cell).at(-1)),
    PageUp: (cell) => page(cell, -1),
    PageDown: (cell) => page(cell, 1),
    " ": (cell) => cell.click(),
  };
  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("[data-cell]");
    const move = moves[event.key];
    if (!cell || !move || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    move(cell, event.ctrlKey);
  });
}
