// The list of messages: one node per message, put in once, so that a screen reader hears each once.
import { fill, h, icon } from "./dom.js";
import { fileLine, progress } from "./files.js";
import { clock, day, dayTitle, inline, instant } from "./format.js";

const NEAR = 80; // px from the bottom that still count as "at the bottom"

/** `hooks`: retry(pending), discard(pending), press(seq, index, title), ask(text), open(seq). */
export class Log {
  constructor(texts, replies, hooks) {
    Object.assign(this, { texts, replies, hooks });
    this.nodes = new Map(); // client_id or seq -> node
    this.list = h("div", { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": texts.log.label });
    this.waiting = h("div", { class: "waiting", role: "status" });
    this.chips = h("div", { class: "chips", role: "group" });
    this.scroller = h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": texts.log.label }, this.list, this.waiting, this.chips);
    this.pill = h("button", { type: "button", class: "pill", hidden: true, onclick: () => this.toEnd() }, icon("arrow-down"), texts.log.newMessage);
    this.scroller.addEventListener("scroll", () => { if (this.atEnd()) this.pill.hidden = true; }, { passive: true });
    this.clear();
  }

  clear() {
    this.nodes.clear();
    this.lastSent = null;
    this.marks = new Set();
    this.list.textContent = "";
    this.greeting = h("div", { class: "message assistant" }, this.speaker("assistant"),
      ...this.texts.greeting.map((text) => h("div", { class: "bubble" }, h("p", {}, ...inline(text)))));
    this.list.append(this.greeting);
    this.pill.hidden = true;
  }

  atEnd() {
    const box = this.scroller;
    return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
  }

  /** Goes to the newest message; the first screen is read from its top. */
  toEnd() {
    this.scroller.scrollTop = this.list.lastChild === this.greeting ? 0 : this.scroller.scrollHeight;
    this.pill.hidden = true;
  }

  /** While `quiet`, additions are not announced: history is not news. */
  quiet(on) {
    this.list.setAttribute("aria-live", on ? "off" : "polite");
  }

  add(message, fresh) {
    const stuck = this.atEnd();
    const node = this.messageNode(message);
    this.place(node, message.seq);
    if (!fresh) return node; // history goes to its end once, when all of it is here
    if (message.author === "citizen") this.toEnd();
    else if (stuck) this.arrived = node;
    else this.pill.hidden = false;
    return node;
  }

  /** Draws a line with words after a message, once. */
  mark(seq, words) {
    const before = Array.from(this.list.children).reverse().find((node) => node.dataset.order && Number(node.dataset.order) <= seq);
    if (!before || this.marks.has(seq)) return;
    this.marks.add(seq);
    this.list.insertBefore(h("div", { class: "day back", "data-order": seq + 0.5 }, h("span", {}, words)), before.nextSibling);
  }

  addPending(item) {
    let node = this.nodes.get(item.client_id);
    const isNew = !node;
    if (isNew) {
      node = this.citizenNode(item.shown, instant(item.at), item.file);
      this.nodes.set(item.client_id, node);
      this.place(node, Infinity);
    }
    this.state(node, item);
    if (isNew) this.toEnd(); // with what is said below it
  }

  /** The server has the message: the bubble that waited becomes the message. */
  settle(item, message) {
    const node = this.nodes.get(item.client_id);
    if (!node) return this.add(message, true);
    node.dataset.seq = message.seq;
    if (message.file) node.querySelector(".file").replaceWith(this.fileNode(message.file, message.seq));
    else if (!item.secret && message.text !== item.shown) node.querySelector("p").replaceWith(h("p", {}, ...inline(message.text)));
    this.state(node, { state: "sent" });
    const next = node.nextElementSibling;
    if (next && Number(next.dataset.order) < message.seq) this.place(node, message.seq);
    node.dataset.order = message.seq;
  }

  drop(item) {
    const node = this.nodes.get(item.client_id);
    if (node) node.remove();
    this.nodes.delete(item.client_id);
  }

  notice(text) {
    this.list.append(h("div", { class: "message system", "data-order": 0 }, h("p", {}, text)));
  }

  speaker(author) {
    return h("span", { class: "spoken" }, this.texts.speaker[author] + ": ");
  }

  messageNode(message) {
    const when = instant(message.created_at);
    if (message.author === "citizen") {
      const own = this.citizenNode(message.text, when, message.file, message.seq);
      this.state(own, { state: "sent" });
      return own;
    }
    if (message.author === "system") return this.dated(h("div", { class: "message system" }, this.speaker("system"), h("p", {}, ...inline(message.text))), when);
    const staff = message.author === "staff";
    const name = staff && h("div", { class: "name" }, icon("headset"), message.by && h("span", { class: "by" }, message.by), h("span", { class: "badge" }, this.texts.speaker.staff));
    return this.dated(h("div", { class: "message " + (staff ? "staff" : "assistant") },
      staff ? name : this.speaker("assistant"), ...this.replies.bubbles(message)), when);
  }

  fileNode(file, seq) {
    return fileLine(this.texts.files, file, seq && (() => this.hooks.open(seq)));
  }

  citizenNode(text, when, file, seq) {
    const said = file ? this.fileNode(file, seq) : h("p", {}, ...inline(text));
    const meta = h("div", { class: "meta", "aria-live": "off" });
    return this.dated(h("div", { class: "message citizen" }, this.speaker("citizen"),
      h("div", { class: "bubble" }, said), meta), when);
  }

  dated(node, when) {
    node.dataset.day = day(when);
    node.dataset.title = dayTitle(when, this.texts.log);
    node.dataset.time = clock(when);
    return node;
  }

  state(node, item) {
    const words = this.texts.state;
    const meta = node.querySelector(".meta");
    node.dataset.state = item.state;
    meta.textContent = "";
    if (item.state === "sent") this.sent(node, meta);
    else if (item.state === "failed") meta.append(...this.failed(item));
    else meta.append(...(item.file && item.state === "sending" ? [progress(this.texts.files, item)] : [icon("clock")]), words[item.state]);
  }

  /** Moves the bar of a file on, without a new node: a screen reader would hear it each time. */
  advance(item) {
    const node = this.nodes.get(item.client_id);
    const bar = node && node.querySelector("progress");
    if (bar) bar.value = item.sent;
  }

  /** "Sent" is said under the newest sent bubble alone. */
  sent(node, meta) {
    meta.append(icon("check"), this.texts.state.sent + " " + node.dataset.time);
    if (this.lastSent && this.lastSent !== node) this.lastSent.querySelector(".meta").hidden = true;
    this.lastSent = node;
  }

  failed(item) {
    const words = this.texts.state;
    const why = this.reason(item.error);
    const hopeless = item.file && item.error && (item.error.status === 413 || item.error.status === 422); // for what it is
    const button = (name, label, act) => h("button", { type: "button", class: "link", onclick: () => act(item) }, icon(name), label);
    return [
      h("span", { class: "why", role: "alert" }, icon("circle-alert"), words.failed + (why ? ": " + why : "")),
      h("span", { class: "actions" }, hopeless ? null : button("rotate-ccw", words.retry, this.hooks.retry), button("trash-2", words.discard, this.hooks.discard)),
    ];
  }

  reason(error) {
    const words = this.texts.errors;
    if (!error) return "";
    if (error.status === 0) return words.network;
    if (error.status === 429) return error.said || words.tooFast;
    return error.said || words.refused;
  }

  place(node, order) {
    node.dataset.order = order;
    if (Number.isFinite(order)) node.dataset.seq = order;
    let before = this.list.lastElementChild; // nearly always the place is the end
    while (before && (before === node || !(Number(before.dataset.order || 0) <= order))) before = before.previousElementSibling;
    this.list.insertBefore(node, before ? before.nextSibling : this.list.firstChild);
    this.separate(node);
  }

  separate(node) {
    let before = node.previousElementSibling;
    while (before && !before.dataset.day) before = before.previousElementSibling;
    const shown = before ? before.dataset.day : day(new Date());
    if (shown !== node.dataset.day) this.list.insertBefore(h("div", { class: "day" }, h("span", {}, node.dataset.title)), node);
  }

  /** Brings a new answer into view: its beginning, when it is taller than the window. */
  reveal() {
    this.scroller.scrollTop = this.arrived.offsetTop - 12; // the browser stops at the end
    this.arrived = null;
  }

  /** Shows what the citizen may tap next; as a "rating" it is a small card with its label. */
  offer(label, entries, kind) {
    const stuck = this.atEnd();
    this.chips.textContent = "";
    this.chips.hidden = !entries.length;
    this.chips.className = kind ? "chips " + kind : "chips";
    this.chips.setAttribute("aria-label", label);
    if (kind) this.chips.append(h("p", { "aria-hidden": "true" }, label));
    this.chips.append(...entries.map(({ title, icon: shape, act }) =>
      h("button", { type: "button", class: shape ? "chip apart" : "chip", onclick: act }, shape && icon(shape), h("span", {}, ...inline(title)))));
    if (this.arrived) this.reveal();
    else if (stuck) this.toEnd();
  }

  wait(kind, text) {
    this.waiting.textContent = "";
    if (!kind) return;
    const stuck = this.atEnd();
    const dots = h("span", { class: "dots", "aria-hidden": "true" }, h("i", {}), h("i", {}), h("i", {}));
    if (kind === "silent") this.waiting.append(h("p", {}, text));
    else this.waiting.append(dots, h("span", { class: kind === "typing" ? "spoken" : "" }, text));
    if (stuck) this.toEnd();
  }
}
