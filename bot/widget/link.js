// The QR of a receipt leads to the page with ?hoso=CODE; what it asks is asked once in a tab.
import { fill } from "./dom.js";

export function linkedQuestion(tab, question) {
  const code = new URLSearchParams(location.search).get("hoso") || "";
  if (!/^[\w./-]{5,60}$/.test(code) || tab.get("hoso") === code) return "";
  tab.set("hoso", code);
  return fill(question, { code });
}
