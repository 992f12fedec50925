// The conversation as a text file for the citizen to keep; it tells what a machine wrote from what a person did.
import { fill, h } from "./dom.js";
import { clock, day, instant } from "./format.js";

export function transcript(texts, messages) {
  const words = texts.transcript;
  const now = new Date();
  const lines = messages.map((message) => {
    const when = instant(message.created_at);
    const text = String(message.text || "").replace(/\*\*/g, "");
    return "[" + day(when) + " " + clock(when) + "] " + speaker(texts, message) + ":\n" + text;
  });
  const saved = fill(words.saved, { when: day(now) + " " + clock(now) });
  return [words.heading, saved, words.who, ...lines].join("\n\n") + "\n";
}

function speaker(texts, message) {
  if (message.author === "assistant") return texts.transcript.assistant;
  if (message.author === "staff" && message.by) return fill(texts.transcript.staff, { who: message.by });
  return texts.speaker[message.author] || "";
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
