// Reads a QR code with the camera into a field, where the browser can do that; elsewhere the button stays away and people type.
// The picture stays on this device: it goes to no server, and the camera ends with the first code, after a minute, or at once
// when it is asked to.
const EVERY = 200;
const AT_MOST = 60_000;

const canRead = async () => {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return false;
  return (await window.BarcodeDetector.getSupportedFormats()).includes("qr_code");
};

const prepare = (place) => {
  const field = document.querySelector(`[name="${place.dataset.scan}"]`);
  const button = place.querySelector("button");
  const picture = place.querySelector("video");
  const status = place.querySelector("[role=status]");
  let stream = null;

  const end = (words) => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    picture.srcObject = null;
    picture.hidden = true;
    status.textContent = words;
  };

  const look = async (detector, mine, began) => {
    if (stream !== mine) return;
    if (performance.now() - began > AT_MOST) return end(place.dataset.none);
    const found = picture.readyState < 2 ? [] : await detector.detect(picture).catch(() => []);
    if (stream !== mine) return;
    if (!found.length) return setTimeout(look, EVERY, detector, mine, began);
    field.value = found[0].rawValue;
    end(place.dataset.found);
    field.form.querySelector("[type=submit]").focus();
  };

  const begin = async () => {
    if (stream) return end("");
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
    } catch {
      return end(place.dataset.failed);
    }
    picture.srcObject = stream;
    picture.hidden = false;
    status.textContent = place.dataset.looking;
    await picture.play().catch(() => {});
    look(new window.BarcodeDetector({ formats: ["qr_code"] }), stream, performance.now());
  };

  button.addEventListener("click", begin);
  addEventListener("pagehide", () => end(""));
  place.hidden = false;
};

const places = document.querySelectorAll("[data-scan]");
if (places.length && (await canRead().catch(() => false))) places.forEach(prepare);
