// Finds a number whose SHA-256 together with the task begins with so many zero bits. Runs beside the page, so that
// choosing a time stays as quick as ever; tells how far it should be by now.
const encoder = new TextEncoder();
const SHARE = 64; // asked for together: one promise at a time waits longer than it computes

const zeros = (digest) => {
  let count = 0;
  for (const byte of new Uint8Array(digest)) {
    if (byte) return count + Math.clz32(byte) - 24;
    count += 8;
  }
  return count;
};

self.addEventListener("message", async ({ data: { task, bits } }) => {
  const expected = 2 ** bits;
  for (let first = 0; ; first += SHARE) {
    const tried = Array.from({ length: SHARE }, (_, place) =>
      crypto.subtle.digest("SHA-256", encoder.encode(`${task}.${first + place}`)),
    );
    const place = (await Promise.all(tried)).findIndex((digest) => zeros(digest) >= bits);
    if (place >= 0) {
      self.postMessage({ answer: String(first + place) });
      return;
    }
    // Luck has no memory: after n tries this share of all people would be done.
    if (first % 1024 === 0) self.postMessage({ percent: Math.round(100 * (1 - Math.exp(-first / expected))) });
  }
});
