// What was written and has not arrived yet. It is kept in this browser until the server has it, under a key by which
// the server knows it again: sent twice, it is stored once.
import { Refused, send } from "./desk_request.js";

const PAUSE = 4000; // ms between two tries
const place = `console-queue:${document.getElementById("desk")?.dataset.person}`;
let waiting = load();
let flushing = false;
let told = { sent() {}, refused() {}, changed() {} };

function load() {
  try {
    return JSON.parse(localStorage.getItem(place)) ?? [];
  } catch {
    return [];
  }
}

function keep() {
  try {
    if (waiting.length) localStorage.setItem(place, JSON.stringify(waiting));
    else localStorage.removeItem(place);
  } catch {
    // private windows may refuse: the queue still lives as long as the page
  }
  told.changed();
}

function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** Return what waits in a conversation. */
export const waitingIn = (conversation) => waiting.filter((one) => one.conversation === conversation);

/** Send a text, now or when the line is back. */
export function put(conversation, kind, text) {
  waiting.push({ key: newKey(), conversation, kind, text, late: false });
  keep();
  flush();
}

async function sendOne(one) {
  const path = `/console/conversations/${one.conversation}/${one.kind}`;
  await send(path, { key: one.key, text: one.text });
}

/** Try everything that waits, in its order; stop at the first that finds no way. */
export async function flush() {
  if (flushing) return;
  flushing = true;
  try {
    while (waiting.length) {
      const one = waiting[0];
      let refusal = null;
      try {
        await sendOne(one);
      } catch (error) {
        if (!(error instanceof Refused)) {
          one.late = true;
          keep();
          window.setTimeout(flush, PAUSE);
          return;
        }
        refusal = error;
      }
      waiting = waiting.filter((other) => other.key !== one.key);
      keep();
      if (refusal) told.refused(one, refusal);
      else told.sent(one);
    }
  } finally {
    flushing = false;
  }
}

/** Start; `listener` hears `sent(one)`, `refused(one, error)` and `changed()`. */
export function startQueue(listener) {
  told = listener;
  window.addEventListener("online", flush);
  document.body.addEventListener("htmx:sseOpen", flush);
  flush();
}
