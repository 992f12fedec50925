// The menu under ⋯ and the small sheets for a question or an explanation.
import { h, icon, iconButton } from "./dom.js";

/** A menu button; `entries` are {icon, title, act}. */
export class Menu {
  constructor(label, entries) {
    this.items = entries.map((entry) => h("button", { type: "button", role: "menuitem", tabindex: "-1", onclick: () => { this.close(true); entry.act(); } }, icon(entry.icon), entry.title));
    this.list = h("div", { class: "menu", role: "menu", id: "menu", "aria-label": label, hidden: true, onkeydown: (event) => this.key(event) }, ...this.items);
    this.button = iconButton("ellipsis", label, () => (this.list.hidden ? this.open() : this.close(true)),
      { "aria-haspopup": "menu", "aria-expanded": "false", "aria-controls": "menu" });
    this.list.addEventListener("focusout", (event) => {
      if (event.relatedTarget !== this.button && !this.list.contains(event.relatedTarget)) this.close(false);
    });
  }

  open() {
    this.list.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.items[0].focus();
  }

  close(refocus) {
    if (this.list.hidden) return false;
    this.list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (refocus) this.button.focus();
    return true;
  }

  key(event) {
    const at = this.items.indexOf(event.target);
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.items[(steps[event.key] + this.items.length) % this.items.length].focus();
  }
}

/** A sheet over the panel with a title, paragraphs and one or two buttons. */
export class Sheet {
  constructor() {
    this.node = h("div", { class: "veil", hidden: true });
  }

  /** Shows the sheet; `answers` are {title, act, strong}; the last one is also what Escape means. */
  ask(title, paragraphs, answers, back) {
    this.back = back;
    this.buttons = answers.map((answer) => h("button", { type: "button", class: answer.strong ? "action strong" : "action", onclick: () => { this.close(); if (answer.act) answer.act(); } }, answer.title));
    this.node.textContent = "";
    this.node.append(h("div", { class: "sheet", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "sheet-title", "aria-describedby": "sheet-body" },
      h("h3", { id: "sheet-title" }, title),
      h("div", { id: "sheet-body" }, ...paragraphs.map((text) => h("p", {}, text))),
      h("div", { class: "answers" }, ...this.buttons)));
    this.node.hidden = false;
    this.buttons[this.buttons.length - 1].focus();
  }

  close() {
    if (this.node.hidden) return false;
    this.node.hidden = true;
    this.node.textContent = "";
    if (this.back) this.back.focus();
    return true;
  }
}
