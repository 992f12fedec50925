// Clocks of waiting citizens: counted here each second from the moment that the server gave.
import { say } from "./desk_request.js";

const MINUTE = 60_000;
const LONG = 3 * MINUTE;
const LATE = 10 * MINUTE;

function shown(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (number) => String(number).padStart(2, "0");
  if (hours >= 24) return say("days", { n: Math.floor(hours / 24) });
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${two(minutes)}:${two(seconds % 60)}`;
}

function level(ms) {
  if (ms < LONG) return "fresh";
  return ms < LATE ? "long" : "late";
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Bring every clock up to date. */
export function tick(root = document) {
  const now = Date.now();
  for (const clock of root.querySelectorAll(".clock")) {
    const waited = now - Date.parse(clock.dataset.since);
    const name = level(waited);
    setText(clock.querySelector("time"), shown(waited));
    const word = clock.querySelector(".clock-word");
    setText(word, word.dataset[name]);
    if (clock.dataset.level !== name) clock.dataset.level = name;
  }
  for (const end of root.querySelectorAll("[data-until]")) setText(end, shown(Date.parse(end.dataset.until) - now));
}

/** Keep the clocks going. */
export function startClocks() {
  tick();
  window.setInterval(tick, 1000);
}
