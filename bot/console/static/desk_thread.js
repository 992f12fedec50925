// The open conversation: opened in place, and brought up to date without losing the place or what is typed.
import { tick } from "./desk_clock.js";
import { ask } from "./desk_request.js";
import { carryOver, drawQueue, prepare } from "./desk_composer.js";
import { markOpen } from "./desk_list.js";

const NEAR = 80; // px from the end that count as being at the end
const GAP = 250; // ms between two looks
const known = new Map(); // what the server last said of each line
let timer = 0;
let last = 0;
let asking = null;

const thread = () => document.getElementById("thread");
const lines = () => document.getElementById("lines");

/** Return the id of the open conversation, "" for none. */
export const openId = () => thread()?.dataset.id ?? "";

const isAtEnd = () => lines().scrollHeight - lines().scrollTop - lines().clientHeight < NEAR;

/** Show the newest line. */
export function toEnd() {
  lines().scrollTop = lines().scrollHeight;
  document.getElementById("new-pill").hidden = true;
}

function merge(fresh, place) {
  let added = 0;
  for (const line of [...fresh.children]) {
    const html = line.outerHTML;
    const old = document.getElementById(line.id);
    if (old && known.get(line.id) === html) continue;
    known.set(line.id, html);
    if (old) {
      old.replaceWith(line);
      continue;
    }
    const next = [...place.children].find((one) => one.dataset.order > line.dataset.order);
    place.insertBefore(line, next ?? null);
    added += 1;
  }
  return added;
}

function swap(id, page, isKept) {
  const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
  if (!old || !fresh || isKept?.(old, fresh) || known.get(id) === fresh.outerHTML) return;
  known.set(id, fresh.outerHTML);
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  old.replaceWith(fresh);
  window.htmx.process(fresh);
  tick(fresh);
  if (focused) (document.getElementById(focused) ?? thread()).focus({ preventScroll: true });
}

function update(page) {
  const wasAtEnd = isAtEnd();
  const added = merge(page.getElementById("line-list"), document.getElementById("line-list"));
  if (added) document.querySelector(".no-lines")?.remove();
  swap("typing-line", page);
  swap("head", page);
  swap("dialogs", page, (old) => old.querySelector("dialog[open]"));
  carryOver(page.getElementById("composer"));
  if (wasAtEnd) toEnd();
  else if (added) document.getElementById("new-pill").hidden = false;
}

async function look() {
  const key = openId();
  last = Date.now();
  try {
    const page = await ask(`/console/conversations/${key}/lines?in=${thread().dataset.list}`);
    if (key === openId()) update(page);
  } catch {
    // the line is down: the bar at the top says so; a conversation that went elsewhere keeps its last look
  }
}

/** Ask for what is new; never twice at a time, and not more often than a person can read. */
export function refreshThread() {
  if (!openId() || timer) return;
  timer = window.setTimeout(async () => {
    await asking;
    timer = 0;
    asking = look();
    await asking;
  }, Math.max(0, last + GAP - Date.now()));
}

async function older(button) {
  button.disabled = true;
  try {
    const page = await ask(`/console/conversations/${openId()}/lines?before=${button.dataset.before}`);
    const height = lines().scrollHeight;
    merge(page.getElementById("line-list"), document.getElementById("line-list"));
    document.getElementById("older").replaceWith(page.getElementById("older"));
    lines().scrollTop += lines().scrollHeight - height;
  } catch {
    button.disabled = false;
  }
}

function remember() {
  known.clear();
  for (const line of document.querySelectorAll("#line-list > li")) known.set(line.id, line.outerHTML);
  for (const id of ["typing-line", "head", "dialogs"]) known.set(id, document.getElementById(id)?.outerHTML);
}

function settle() {
  remember();
  tick(thread());
  prepare();
  drawQueue();
  toEnd();
  lines().addEventListener("scroll", () => {
    if (isAtEnd()) document.getElementById("new-pill").hidden = true;
  }, { passive: true });
}

/** Open a conversation beside the list. */
export async function openTalk(href, remembered = false) {
  try {
    const fresh = (await ask(href, "thread")).getElementById("thread");
    thread().replaceWith(fresh);
    window.htmx.process(fresh);
    if (!remembered) history.pushState({}, "", href);
    document.getElementById("desk").classList.add("has-talk");
    settle();
    markOpen(openId());
  } catch {
    location.assign(href); // the whole page says what is wrong
  }
}

/** Start watching the page. */
export function watchThread() {
  if (openId()) settle();
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".card-link");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      openTalk(link.getAttribute("href"));
    }
    const before = event.target.closest("[data-before]");
    if (before) older(before);
    if (event.target.closest("#new-pill")) toEnd();
    const other = event.target.closest("[data-show]");
    if (other) thread().classList.toggle(`show-${other.dataset.show}`);
  });
  window.addEventListener("popstate", () => {
    if (location.pathname.startsWith("/console/conversations/")) openTalk(location.href, true);
    else location.reload();
  });
}
