// A Reply (bubbles of blocks) as nodes. Nothing here reads server text as markup.
import { fill, h, icon } from "./dom.js";
import { inline } from "./format.js";

const FOLD_AFTER = 6;

/** Draws replies; `ticks` remembers ticked papers, `print(title, items, start)` prints a checklist. */
export class ReplyView {
  constructor(texts, ticks, print) {
    this.words = texts.list;
    this.ticks = ticks;
    this.print = print;
  }

  /** Returns the bubbles of one message. */
  bubbles(message) {
    const reply = message.reply;
    if (!reply || !Array.isArray(reply.bubbles) || !reply.bubbles.length) return [this.plain(message.text)];
    const link = this.sourceLink(reply);
    return reply.bubbles.map((blocks, number) => this.bubble(blocks, message.seq + ":" + number, link));
  }

  plain(text) {
    return h("div", { class: "bubble" }, ...this.paragraphs(text));
  }

  bubble(blocks, key, link) {
    const wide = blocks.some((block) => block.kind === "list" || block.kind === "table" || block.kind === "heading");
    const first = blocks.find((block) => block.kind === "heading" || block.kind === "text");
    const title = first ? first.text.replace(/\*\*/g, "").replace(/[:\s]+$/, "") : "";
    const nodes = blocks.map((block, number) => this.block(block, key + ":" + number, title, link));
    return h("div", { class: wide ? "bubble card" : "bubble" }, ...nodes.reduce((all, part) => all.concat(part), []));
  }

  block(block, key, title, link) {
    if (block.kind === "heading") return [h("h3", {}, ...inline(block.text))];
    if (block.kind === "link") return [this.page(block)];
    if (block.kind === "list") return this.list(block, key, title);
    if (block.kind === "table") return [this.table(block.rows || [])];
    if (block.kind === "source") return [h("p", { class: "source" }, ...inline(block.text), link && " · ", link && link())];
    return this.paragraphs(block.text);
  }

  paragraphs(text) {
    return String(text || "").split(/\n{2,}/).filter(Boolean).map((part) => h("p", {}, ...inline(part)));
  }

  page(block) {
    const address = new URL(block.url || "", import.meta.url); // a path is one of the server that this file came from
    if (!/^https?:$/.test(address.protocol)) return h("p", {}, block.text);
    return h("p", {}, h("a", { href: address.href, target: "_blank", rel: "noopener noreferrer" }, block.text));
  }

  sourceLink(reply) {
    const source = (reply.sources || []).find((one) => /^https:\/\//.test(one.url || ""));
    if (!source) return null;
    return () => h("a", { href: source.url, target: "_blank", rel: "noopener noreferrer" }, this.words.source);
  }

  table(rows) {
    if (!rows.length) return "";
    const [head, ...body] = rows;
    const label = (cell) => h("th", { scope: "row", class: cell.length < 15 ? "row-label" : null }, ...inline(cell));
    const cells = (row) => row.map((cell, column) => (column ? h("td", {}, ...inline(cell)) : label(cell)));
    const header = head.map((cell) => (cell ? h("th", { scope: "col" }, ...inline(cell)) : h("td", {})));
    return h("table", {}, h("thead", {}, h("tr", {}, ...header)), h("tbody", {}, ...body.map((row) => h("tr", {}, ...cells(row)))));
  }

  list(block, key, title) {
    const items = block.items || [];
    const papers = items.some((item) => item.badge); // only papers carry a badge: original, copy, to show
    const list = h(block.ordered ? "ol" : "ul", { class: papers ? "papers" : "points", role: "list" });
    const ticked = new Set(papers ? this.ticks.get(key) || [] : []);
    const count = papers && h("span", { class: "count" });
    const tell = () => { if (count) count.textContent = fill(this.words.ticked, { n: ticked.size, total: items.length }); };
    const start = block.start || 1; // a long list may go on in the next bubble
    if (block.ordered && start > 1) list.setAttribute("start", start);
    items.forEach((item, number) => {
      const tick = papers && ((on) => { ticked[on ? "add" : "delete"](number); this.ticks.set(key, Array.from(ticked)); tell(); });
      const row = this.item(item, block.ordered ? start + number + "." : "•", tick, ticked.has(number));
      row.hidden = number >= FOLD_AFTER;
      list.append(row);
    });
    tell();
    const more = items.length > FOLD_AFTER ? [this.unfold(list, items.length, papers)] : [];
    return [list, ...more, ...(papers ? [this.tools(count, () => this.print(title, items, start))] : [])];
  }

  item(item, mark, tick, on) {
    const text = h("span", { class: "what" }, ...inline(item.text), item.badge && " ", item.badge && h("span", { class: "badge" }, item.badge));
    const number = h("span", { class: "mark" }, mark);
    if (!tick) return h("li", {}, number, text);
    const box = h("input", { type: "checkbox", onchange: () => tick(box.checked) });
    box.checked = on;
    return h("li", {}, h("label", {}, box, number, text));
  }

  unfold(list, total, papers) {
    const closed = fill(papers ? this.words.moreDocuments : this.words.moreItems, { n: total - FOLD_AFTER });
    const label = h("span", {}, closed);
    const button = h("button", { type: "button", class: "link unfold", "aria-expanded": "false" }, icon("chevron-down"), label);
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      label.textContent = open ? this.words.less : closed;
      Array.from(list.children).slice(FOLD_AFTER).forEach((row) => { row.hidden = !open; });
    });
    return button;
  }

  tools(count, print) {
    const button = h("button", { type: "button", class: "link", onclick: print }, icon("printer"), this.words.print);
    return h("div", { class: "tools" }, count, button);
  }
}
