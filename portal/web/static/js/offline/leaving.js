// Signing out wipes this browser's store: whoever still has steps to send is led to where they are sent.
import { pending } from "./store.js";

const PAGE = "/staff/window/offline";

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-sign-out]") || form.dataset.sure) return;
  event.preventDefault();
  const known = await indexedDB.databases?.().catch(() => []) ?? [];
  const steps = known.some((one) => one.name === "offline-desk") ? await pending().catch(() => 0) : 0;
  if (steps > 0) {
    if (location.pathname === PAGE) dispatchEvent(new Event("offline-leaving"));
    else location.assign(`${PAGE}#leaving`);
    return;
  }
  form.dataset.sure = "yes";
  form.submit();
}, true);
