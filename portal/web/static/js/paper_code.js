// The QR code on a sheet opens this page with the code behind "#": no log on the way ever holds it. It is put into the form
// and taken out of the address; the person sends it.
const found = /^#([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})$/.exec(location.hash);
const field = document.querySelector("input[name=code]");
if (found && field) {
  field.value = found[1];
  history.replaceState(null, "", location.pathname);
}
