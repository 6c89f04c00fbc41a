// Writes the katakana reading while a name is typed with a Japanese keyboard: the reading is what stands in the
// composition before it is converted. A reading the person has edited is left alone.
const KANA = /^[\u3041-\u3096\u30a1-\u30faー]+$/;
const katakana = (text) =>
  text.replace(/[\u3041-\u3096]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0x60));

function bind(name) {
  const reading = document.getElementById(name.dataset.kanaTo);
  let typed = "";
  let own = reading.value === "";
  reading.addEventListener("input", () => { own = false; });
  name.addEventListener("compositionupdate", (event) => {
    // Roman letters that are still being turned into kana stand at the end: かkうk.
    const kana = event.data.normalize("NFKC").replace(/[a-zA-Z]+$/, "");
    if (KANA.test(kana)) typed = kana;
  });
  name.addEventListener("compositionend", (event) => {
    if (own && event.data) reading.value += katakana(typed);
    typed = "";
  });
  name.addEventListener("input", () => {
    if (name.value === "" && (own || reading.value === "")) {
      reading.value = "";
      own = true;
    }
  });
}

document.querySelectorAll("[data-kana-to]").forEach(bind);
document.addEventListener("drawn", (event) => event.target.querySelectorAll("[data-kana-to]").forEach(bind));
