// The list beside the thread: refreshed in place, with what was ticked, focused and scrolled kept.
import { tick } from "./desk_clock.js";
import { announce, ask, say } from "./desk_request.js";

const chosen = new Set();
let asking = false;
let again = false;

const list = () => document.getElementById("list");
const cards = () => [...document.querySelectorAll(".talk-card")];

function showChosen() {
  const bulk = document.getElementById("bulk");
  if (!bulk) return;
  const there = new Set(cards().map((card) => card.dataset.conversation));
  for (const key of chosen) if (!there.has(key)) chosen.delete(key);
  for (const box of document.querySelectorAll(".pick-box")) box.checked = chosen.has(box.value);
  bulk.hidden = chosen.size === 0;
  bulk.elements.ids.value = [...chosen].join(",");
  document.getElementById("bulk-count").textContent = say("chosen", { n: chosen.size });
}

function put(fresh) {
  const old = list();
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const scrolled = old.closest(".list-column").scrollTop;
  const before = new Set(cards().map((card) => card.dataset.conversation));
  old.replaceWith(fresh);
  window.htmx.process(fresh);
  tick(fresh);
  showChosen();
  document.body.dispatchEvent(new CustomEvent("desk:listed"));
  fresh.closest(".list-column").scrollTop = scrolled;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  const came = cards().filter((card) => !before.has(card.dataset.conversation)).length;
  if (came) announce(say("new_cards", { n: came }));
}

/** Ask for the list again; calls while it is being asked for are one more. */
export async function refreshList() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    const fresh = (await ask(list().dataset.path, "list")).getElementById("list");
    const isBusy = list().querySelector("#bulk-unit:focus, #unit-choice:focus"); // a menu that is open must stay open
    if (fresh && !isBusy && fresh.outerHTML !== list().dataset.html) {
      const html = fresh.outerHTML;
      put(fresh);
      fresh.dataset.html = html;
    }
  } catch {
    // the line is down: the bar at the top says so, and the next news brings the list
  } finally {
    asking = false;
  }
  if (again) {
    again = false;
    await refreshList();
  }
}

/** Mark the card of the conversation that is open. */
export function markOpen(key) {
  for (const card of cards()) {
    const isOpen = card.dataset.conversation === key;
    card.classList.toggle("open", isOpen);
    const link = card.querySelector(".card-link");
    if (isOpen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/** Return the link `step` cards away from the open one; from nowhere the first or the last. */
export function neighbour(step) {
  const links = cards().map((card) => card.querySelector(".card-link"));
  const at = links.findIndex((link) => link.hasAttribute("aria-current"));
  if (at < 0) return links.at(step > 0 ? 0 : -1);
  return links[at + step];
}

/** Start listening to the boxes of the list. */
export function watchList() {
  document.addEventListener("change", (event) => {
    if (event.target.matches(".pick-box")) {
      if (event.target.checked) chosen.add(event.target.value);
      else chosen.delete(event.target.value);
      showChosen();
    }
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    if (event.target.id !== "bulk-none") return;
    chosen.clear();
    showChosen();
  });
}
