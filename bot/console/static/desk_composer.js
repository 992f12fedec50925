// Writing: replies and notes, drafts that the server keeps, the counter, what is inserted from elsewhere.
import { drawWaiting } from "./desk_waiting.js";
import { put, startQueue, waitingIn } from "./desk_queue.js";
import { say, send } from "./desk_request.js";
import { closeSuggestions, isSuggesting, suggest } from "./desk_suggest.js";

const SAVE_AFTER = 1000; // ms after the last key
const TYPING_EVERY = 3000; // ms
const TIGHT = 200; // characters from the limit at which the counter appears
const timers = new Map();
let typedAt = 0;

const composer = () => document.getElementById("composer");
const openId = () => document.getElementById("thread")?.dataset.id ?? "";
const field = (kind) => document.getElementById(`text-${kind}`);

function count(area) {
  const counter = area.form.querySelector(".counter");
  const left = Number(composer().dataset.limit) - [...area.value.normalize("NFC")].length;
  counter.textContent = left < 0 ? say("over", { n: -left }) : left <= TIGHT ? say("left", { n: left }) : "";
  counter.classList.toggle("over", left < 0);
}

function grow(area) {
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight + 2, 240)}px`;
}

async function save(conversation, kind, text) {
  try {
    await send(`/console/conversations/${conversation}/draft`, { kind, text }, { keepalive: true });
    const area = field(kind);
    if (openId() === conversation && area) area.form.querySelector(".saved").textContent = text ? say("saved") : "";
  } catch {
    // the text is still in the field; the next key tries again
  }
}

function saveLater(area) {
  const [conversation, kind] = [openId(), area.dataset.kind];
  const name = `${conversation}:${kind}`;
  window.clearTimeout(timers.get(name)?.timer);
  const act = () => {
    timers.delete(name);
    save(conversation, kind, area.value);
  };
  timers.set(name, { act, timer: window.setTimeout(act, SAVE_AFTER) });
}

/** Keep at once what is typed. */
export function saveNow() {
  for (const { act, timer } of [...timers.values()]) {
    window.clearTimeout(timer);
    act();
  }
}

function forget(kind) {
  const name = `${openId()}:${kind}`;
  window.clearTimeout(timers.get(name)?.timer);
  timers.delete(name);
}

function showTyping(area) {
  if (area.dataset.kind !== "reply" || Date.now() - typedAt < TYPING_EVERY || !area.value) return;
  typedAt = Date.now();
  send(`/console/conversations/${openId()}/typing`, {}).catch(() => {});
}

function typed(area) {
  count(area);
  grow(area);
  area.form.querySelector(".refused").hidden = true;
  area.form.querySelector(".saved").textContent = "";
  saveLater(area);
  showTyping(area);
  suggest(area);
}

function sendText(form) {
  const area = form.querySelector("textarea");
  const text = area.value.trim();
  const limit = Number(composer().dataset.limit);
  const isClosed = composer().dataset.mode.endsWith("-closed") && form.dataset.kind === "reply";
  if (!text || [...text.normalize("NFC")].length > limit || isClosed) return;
  forget(area.dataset.kind);
  area.value = "";
  count(area);
  grow(area);
  typedAt = 0;
  put(openId(), area.dataset.kind, text);
}

function refused(one, error) {
  const area = one.conversation === openId() ? field(one.kind) ?? field("note") : null;
  if (!area) {
    save(one.conversation, one.kind, one.text);
    return;
  }
  area.value = area.value ? `${one.text}\n${area.value}` : one.text;
  const line = area.form.querySelector(".refused");
  line.textContent = error.message;
  line.hidden = false;
  count(area);
  grow(area);
  saveLater(area);
  document.body.dispatchEvent(new CustomEvent("desk:changed"));
}

/** Show one of the two panels and put the cursor into it. */
export function write(kind) {
  const tab = document.getElementById(`tab-${kind}`);
  if (!tab) return;
  for (const other of tab.closest(".tabs").querySelectorAll('[role="tab"]')) {
    const isChosen = other === tab;
    other.setAttribute("aria-selected", String(isChosen));
    other.tabIndex = isChosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !isChosen;
  }
  field(kind).focus();
}

/** Put text at the cursor; nothing that is there goes away. */
export function insert(text) {
  const area = field("reply") ?? field("note");
  if (!area) return;
  write(area.dataset.kind);
  const at = area.selectionEnd;
  const before = at > 0 && !/\s$/.test(area.value.slice(0, at)) ? "\n" : "";
  area.setRangeText(before + text, at, at, "end");
  typed(area);
}

/** Show what waits to be sent in the open conversation. */
export function drawQueue() {
  drawWaiting(waitingIn(openId()));
}

/** Get the fields of a composer ready that has just come into the page. */
export function prepare() {
  for (const area of document.querySelectorAll("#composer textarea")) {
    count(area);
    grow(area);
  }
}

// What was meant for the citizen waits among the notes when the conversation is no longer one's own.
function add(kind, text) {
  const area = field(kind) ?? field("note");
  if (area && !area.value.includes(text)) area.value = area.value ? `${area.value}\n${text}` : text;
}

/** Take a new composer when the mode has changed; what is typed goes over into it. */
export function carryOver(fresh) {
  const old = composer();
  if (!fresh || !old || fresh.dataset.mode === old.dataset.mode) return;
  const typedNow = [...old.querySelectorAll("textarea")].map((area) => [area.dataset.kind, area.value]);
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const refusal = old.querySelector(".refused:not([hidden])")?.textContent ?? "";
  old.replaceWith(fresh);
  for (const [kind, text] of typedNow) if (text) add(kind, text);
  const line = fresh.querySelector(".panel .refused");
  if (line && refusal) {
    line.textContent = refusal;
    line.hidden = false;
  }
  prepare();
  drawQueue();
  if (focused) (document.getElementById(focused) ?? document.getElementById("thread")).focus({ preventScroll: true });
}

function onKey(event) {
  const area = event.target;
  if (!area.matches?.("#composer textarea") || event.isComposing || isSuggesting()) return;
  const isTouch = !window.matchMedia("(hover: hover)").matches; // there Enter is the only way to a new line
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey || (!event.shiftKey && !isTouch))) {
    event.preventDefault();
    sendText(area.form);
  } else if (event.key === "Escape") {
    document.getElementById("thread").focus();
  }
}

function onTabKey(event) {
  if (!event.target.matches?.('#composer [role="tab"]') || !/^Arrow(Left|Right)$/.test(event.key)) return;
  const other = [...document.querySelectorAll('#composer [role="tab"]')].find((tab) => tab !== event.target);
  if (!other) return;
  write(other.id.replace("tab-", ""));
  other.focus();
}

/** Start listening; `sent(one)` is called when something has arrived. */
export function watchComposer(sent) {
  document.addEventListener("input", (event) => {
    if (event.target.matches("#composer textarea")) typed(event.target);
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("keydown", onTabKey);
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("#composer .panel")) return;
    event.preventDefault();
    closeSuggestions();
    sendText(event.target);
  });
  document.addEventListener("click", (event) => {
    const tab = event.target.closest('#composer [role="tab"]');
    if (tab) write(tab.id.replace("tab-", ""));
  });
  document.addEventListener("composer:insert", (event) => {
    const { text, citation } = event.detail;
    insert(citation ? `${text}\n${citation}` : text);
  });
  document.addEventListener("desk:picked", (event) => typed(event.target));
  window.addEventListener("pagehide", saveNow);
  startQueue({ sent, refused, changed: drawQueue });
}
