// What is offered while somebody writes: canned replies after "/", colleagues after "@".
import { ask } from "./desk_request.js";

const PAUSE = 150; // ms after the last key
const KINDS = {
  reply: {
    sign: /(^|\s)\/([^\s/]{0,40})$/,
    place: "canned",
    path: (text) => `/console/canned/search?q=${encodeURIComponent(text)}`,
  },
  note: {
    sign: /(^|\s)@([^@\n]{0,30})$/,
    place: "mentions",
    path: (text, id) => `/console/conversations/${id}/people?for=mention&q=${encodeURIComponent(text)}`,
  },
};
let timer = 0;
let shown = null; // { area, place, from, at }

const options = () => (shown ? [...shown.place.querySelectorAll("li[data-text]")] : []);

/** Tell whether something is offered now. */
export const isSuggesting = () => options().length > 0;

/** Take away what is offered. */
export function closeSuggestions() {
  window.clearTimeout(timer);
  if (!shown) return;
  shown.area.removeAttribute("aria-activedescendant");
  shown.place.replaceChildren();
  shown.place.hidden = true;
  shown = null;
}

function mark(at) {
  const all = options();
  shown.at = (at + all.length) % all.length;
  all.forEach((one, index) => one.setAttribute("aria-selected", String(index === shown.at)));
  shown.area.setAttribute("aria-activedescendant", all[shown.at].id);
  all[shown.at].scrollIntoView({ block: "nearest" });
}

function pick(option) {
  const { area, from } = shown;
  const text = option.dataset.text;
  area.setRangeText(text, from, area.selectionEnd, "end");
  closeSuggestions();
  area.focus();
  area.dispatchEvent(new CustomEvent("desk:picked", { bubbles: true }));
}

async function offer(area, kind, typed, from) {
  const place = document.getElementById(kind.place);
  let list = null;
  try {
    list = (await ask(kind.path(typed, document.getElementById("thread").dataset.id))).querySelector("ul");
  } catch {
    // nothing to offer
  }
  closeSuggestions();
  if (!list || !list.querySelector("li[data-text]") || document.activeElement !== area) return;
  list.setAttribute("role", "listbox");
  list.querySelectorAll("li").forEach((one, index) => {
    one.setAttribute("role", "option");
    one.id = `${kind.place}-${index}`;
  });
  place.replaceChildren(list);
  place.hidden = false;
  shown = { area, place, from, at: 0 };
  mark(0);
}

/** Offer what fits what stands before the cursor. */
export function suggest(area) {
  const kind = KINDS[area.dataset.kind];
  const before = area.value.slice(0, area.selectionStart);
  const found = before.match(kind.sign);
  if (!found) {
    closeSuggestions();
    return;
  }
  window.clearTimeout(timer);
  timer = window.setTimeout(() => offer(area, kind, found[2], before.length - found[2].length - 1), PAUSE);
}

/** Start listening to the keys that choose. */
export function watchSuggestions() {
  document.addEventListener("keydown", (event) => {
    if (!shown || event.target !== shown.area || event.isComposing) return;
    const acts = {
      ArrowDown: () => mark(shown.at + 1),
      ArrowUp: () => mark(shown.at - 1),
      Enter: () => pick(options()[shown.at]),
      Tab: () => pick(options()[shown.at]),
      Escape: closeSuggestions,
    };
    if (!acts[event.key] || event.ctrlKey || (event.key === "Enter" && event.shiftKey)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    acts[event.key]();
  }, true);
  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest(".canned li[data-text], .mentions li[data-text]");
    if (!option || !shown) return;
    event.preventDefault();
    pick(option);
  });
  document.addEventListener("focusout", (event) => {
    if (shown && event.target === shown.area) closeSuggestions();
  });
}
