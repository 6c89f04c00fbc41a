// What a screen measures: fits, every key of a pad in sight, one headline, touch targets of `target` dots, stop left, next right.
target => {
  const main = document.querySelector('main').getBoundingClientRect();
  const words = one => { const bare = one.cloneNode(true);
    for (const reading of bare.querySelectorAll('rt')) reading.remove();
    return bare.textContent.trim(); };
  const seen = one => { const box = one.getBoundingClientRect(); return box.width > 0 && !one.closest('.hidden'); };
  const size = one => { const box = one.getBoundingClientRect(); return [box.width, box.height]; };
  const outside = one => { const box = one.getBoundingClientRect();
    return box.bottom > main.bottom + 1 || box.right > main.right + 1; };
  return {
    wide: document.documentElement.scrollWidth > innerWidth,
    tall: document.documentElement.scrollHeight > innerHeight,
    outside: [...document.querySelectorAll('main *')].filter(seen).filter(outside).length,
    keys: [...document.querySelectorAll('.pad-key, .sign-key')].filter(outside)
      .map(one => Math.round(one.getBoundingClientRect().bottom - main.bottom)),
    beside: [...document.querySelectorAll('main *')].filter(seen)
      .filter(one => { const box = one.getBoundingClientRect(); return box.right > main.right + 1 || box.left < main.left - 1; }).length,
    small: [...document.querySelectorAll('button, .radio')].filter(seen).map(size).filter(s => Math.min(...s) < target),
    heads: document.querySelectorAll('h1').length,
    title: document.title.startsWith(words(document.querySelector('h1'))),
    ids: new Set([...document.querySelectorAll('[id]')].map(one => one.id)).size
      === document.querySelectorAll('[id]').length,
    stop: (() => { const stop = document.querySelector('.stop button'); if (!stop) return null;
      const box = stop.getBoundingClientRect(); return [box.left < innerWidth / 4, box.bottom > innerHeight * 0.85]; })(),
    next: (() => { const next = document.querySelector('.bottom-right button'); if (!next) return null;
      const box = next.getBoundingClientRect(); return [box.right > innerWidth * 0.9, box.bottom > innerHeight * 0.85]; })(),
  };
}
