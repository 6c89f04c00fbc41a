// What the card reader's program says stands in the way ("card-busy"), in the words of the page (data-say-card-busy); or what
// the page says of everything else.
const FOLDED = { "card-replaced": "card-removed", "pcsc-missing": "service-down" };

export function inWords(words, error, otherwise) {
  const code = FOLDED[error?.code] ?? error?.code ?? "";
  const name = `say-${code}`.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
  return words[name] ?? otherwise;
}
