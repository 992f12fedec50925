// The conversation as a text file for the citizen to keep.
import { fill, h } from "./dom.js";
import { clock, day, instant } from "./format.js";

export function transcript(texts, messages) {
  const now = new Date();
  const lines = messages.map((message) => {
    const when = instant(message.created_at);
    const text = String(message.text || "").replace(/\*\*/g, "");
    return "[" + day(when) + " " + clock(when) + "] " + (texts.speaker[message.author] || "") + ":\n" + text;
  });
  const saved = fill(texts.transcript.saved, { when: day(now) + " " + clock(now) });
  return [texts.transcript.heading, saved, ...lines].join("\n\n") + "\n";
}

export function download(name, text) {
  save(name, new Blob(["\ufeff", text], { type: "text/plain;charset=utf-8" }));
}

/** Hands a file to the browser's downloads. */
export function save(name, blob) {
  const url = URL.createObjectURL(blob);
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
