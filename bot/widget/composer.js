// Where the citizen types.
import { fill, h, icon, iconButton } from "./dom.js";
import { ACCEPT } from "./files.js";

const LONGEST = 2000; // characters, as the server counts them
const COUNT_FROM = 1800;
const LINES = 5;

export class Composer {
  /** `hooks`: send(text), file(file), typing(). */
  constructor(texts, hooks) {
    this.words = texts.input;
    this.hooks = hooks;
    this.chooser = h("input", { type: "file", class: "chooser", accept: ACCEPT, tabindex: "-1", "aria-hidden": "true", hidden: true });
    this.chooser.addEventListener("change", () => this.chosen());
    this.attach = iconButton("paperclip", this.words.attach, () => this.chooser.click(), { class: "icon-button attach", hidden: true });
    this.composing = false;
    this.note = h("p", { class: "note", id: "note", role: "status" });
    this.field = h("textarea", { rows: "1", id: "field", enterkeyhint: "send", autocomplete: "off", "aria-describedby": "note", placeholder: this.words.placeholder });
    this.button = h("button", { type: "submit", class: "send", "aria-label": this.words.send, title: this.words.send, "aria-disabled": "true" }, icon("send-horizontal"));
    this.form = h("form", { class: "composer", novalidate: true },
      h("label", { class: "spoken", for: "field" }, this.words.label),
      h("div", { class: "box" }, this.field, this.attach, this.button), this.chooser, this.note);
    this.listen();
  }

  listen() {
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    this.field.addEventListener("input", () => { this.refresh(); if (this.field.value) this.hooks.typing(); });
    this.field.addEventListener("compositionstart", () => { this.composing = true; });
    this.field.addEventListener("compositionend", () => { this.composing = false; });
    this.field.addEventListener("keydown", (event) => {
      // 229: an input method (Telex on many desktops) is still writing the syllable; Enter ends that, not the message
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || this.composing || event.keyCode === 229) return;
      event.preventDefault();
      this.send();
    });
  }

  /** Files can be sent while a person is asked for or there: only people look at them. */
  offerFiles(on) {
    this.attach.hidden = !on;
  }

  chosen() {
    const [file] = this.chooser.files;
    this.chooser.value = ""; // the same file may be chosen again
    if (file) this.hooks.file(file);
    this.attach.focus();
  }

  get text() {
    return this.field.value.normalize("NFC").trim();
  }

  send() {
    const text = this.text;
    if (!text || Array.from(text).length > LONGEST) return;
    this.field.value = "";
    this.refresh();
    this.hooks.send(text);
  }

  refresh() {
    const length = Array.from(this.text).length;
    const long = length > LONGEST;
    this.button.setAttribute("aria-disabled", String(!length || long));
    this.note.className = long ? "note bad" : "note";
    this.note.textContent = long ? fill(this.words.tooLong, { max: "2.000" }) + " (" + length + ")"
      : length >= COUNT_FROM ? fill(this.words.counter, { n: length, max: LONGEST }) : "";
    this.grow();
  }

  grow() {
    const style = getComputedStyle(this.field);
    const most = parseFloat(style.lineHeight) * LINES + parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
    this.field.style.height = "auto";
    const wanted = this.field.scrollHeight;
    this.field.style.height = Math.min(wanted, most) + "px";
    this.field.style.overflowY = wanted > most ? "auto" : "hidden";
  }

  /** Says what the next text is for: a dossier "code", a "proof", the "staff", or a question. */
  expect(kind) {
    const hints = { code: this.words.placeholderCode, proof: this.words.placeholderProof, staff: this.words.placeholderStaff };
    this.field.placeholder = hints[kind] || this.words.placeholder;
    if (kind === "proof") this.field.setAttribute("inputmode", "numeric");
    else this.field.removeAttribute("inputmode");
  }

  focus() {
    this.field.focus();
  }
}
