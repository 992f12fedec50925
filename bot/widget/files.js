// Files for staff: what may be sent, how one looks in the conversation, how it is opened again.
import { fill, h, icon } from "./dom.js";

const LARGEST = 10 * 1024 * 1024; // bytes, as the server counts them
const ENDINGS = /\.(jpe?g|png|heic|pdf|docx)$/i;

/** What the chooser offers; the server looks at the bytes themselves. */
export const ACCEPT = "image/jpeg,image/png,image/heic,application/pdf,.jpg,.jpeg,.png,.heic,.pdf,.docx";

/** Returns the words of why a file cannot be sent, "" when it can. */
export function fault(file, words) {
  if (!file.size) return words.empty;
  if (file.size > LARGEST) return words.tooLarge;
  return ENDINGS.test(file.name) || /^image\/(jpeg|png|heic)$/.test(file.type) ? "" : words.kind;
}

/** A size as people read it: 340 KB, 2,4 MB. */
export function readable(bytes) {
  if (bytes < 1024 * 1024) return Math.max(1, Math.round(bytes / 1024)) + " KB";
  return (bytes / 1024 / 1024).toFixed(1).replace(".", ",") + " MB";
}

/** The line of a file: name and size, and once it is with the server, a button that opens it. */
export function fileLine(words, file, open) {
  const button = open && h("button", { type: "button", class: "link", "aria-label": fill(words.openLabel, { name: file.name }), onclick: open }, words.open);
  return h("div", { class: "file" }, icon("paperclip"),
    h("span", { class: "file-name" }, file.name || words.unnamed, " ", h("span", { class: "file-size" }, readable(file.size))), button);
}

/** How far a file has got; `value` from 0 to 1. */
export function progress(words, item) {
  return h("progress", { max: "1", value: String(item.sent || 0), "aria-label": fill(words.sending, { name: item.file.name }) });
}
