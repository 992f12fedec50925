// The lines above the field: what is on its way, or waits for the line to come back.
import { say } from "./desk_request.js";

function line(one) {
  const item = document.createElement("li");
  const text = document.createElement("span");
  text.textContent = one.text;
  const state = document.createElement("b");
  state.textContent = say(one.late ? "queued" : "sending");
  item.append(text, state);
  return item;
}

/** Show them in the panel of their kind. */
export function drawWaiting(all) {
  for (const panel of document.querySelectorAll("#composer .panel")) {
    const place = panel.querySelector(".queue");
    const mine = all.filter((one) => one.kind === panel.dataset.kind);
    place.replaceChildren(...mine.map(line));
    place.hidden = mine.length === 0;
  }
}
