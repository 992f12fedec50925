// <tthc-chat>: puts the parts together. Attributes: open, title, position (left|right), lang, theme,
// mode="page" (fills its place, no launcher), data-server, data-chips (JSON), data-storage="memory".
import { Api, ApiError } from "./api.js";
import { Attention } from "./attention.js";
import { Composer } from "./composer.js";
import { fill, h, icon, iconButton } from "./dom.js";
import { fault } from "./files.js";
import { day } from "./format.js";
import { linkedQuestion } from "./link.js";
import { loadFont, loadStyles, readTexts } from "./loading.js";
import { Log } from "./log.js";
import { Menu, Sheet } from "./menu.js";
import { Panel } from "./panel.js";
import { People } from "./people.js";
import { printChecklist } from "./print.js";
import { ReplyView } from "./reply.js";
import { Session } from "./session.js";
import { nextSteps } from "./steps.js";
import { Store } from "./store.js";
import { download, save, transcript } from "./transcript.js";
import { Waiter } from "./waiter.js";

const BASE = new URL(".", import.meta.url).href;
const SIZES = [1, 1.15, 1.3];

class TthcChat extends HTMLElement {
  static get observedAttributes() {
    return ["open"];
  }

  connectedCallback() {
    if (this.started) return;
    this.started = true;
    this.heading = this.getAttribute("title");
    this.removeAttribute("title"); // else the browser shows it as a tooltip over every message
    this.begin().catch((error) => console.error("tthc-chat", error));
  }

  disconnectedCallback() {
    if (this.panel) this.panel.release();
    if (this.session) this.session.stream.stop();
  }

  attributeChangedCallback(name, before, after) {
    if (!this.panel || (before === null) === (after === null)) return;
    if (after === null) this.panel.close();
    else this.panel.open(false);
  }

  /** Opens the panel and asks `text`; for links on the host page. */
  ask(text) {
    this.ready().then(() => { this.panel.open(true); this.say(text); });
  }

  ready() {
    return this.whenReady || (this.whenReady = new Promise((resolve) => { this.isReady = resolve; if (this.panel) resolve(); }));
  }

  async begin() {
    const server = this.getAttribute("data-server") || new URL("..", BASE).href;
    const memory = this.getAttribute("data-storage") === "memory";
    this.local = new Store(memory ? "memory" : "localStorage", server);
    this.tab = new Store(memory ? "memory" : "sessionStorage", server);
    const shadow = this.attachShadow({ mode: "open" });
    const style = loadStyles();
    loadFont();
    shadow.append(...style.links);
    this.texts = await readTexts(this.getAttribute("lang") || "vi");
    this.session = new Session(new Api(server, this.local), this.local, this.tab, this.sessionView());
    await style.ready;
    shadow.append(this.build());
    this.scale(this.local.get("size") || 0);
    this.offer();
    this.listen();
    if (this.isReady) this.isReady();
    const linked = linkedQuestion(this.tab, this.texts.lookup.linked);
    if (linked) this.ask(linked);
    const page = this.panel.page;
    if (page || this.hasAttribute("open") || (this.tab.get("open") && !this.panel.full)) this.panel.open(false);
    else if (this.session.api.token && this.tab.get("open") !== null) this.resume(); // an answer may come while minimised
  }

  build() {
    const texts = this.texts;
    const ticks = { get: (key) => (this.local.get("ticks") || {})[key], set: (key, value) => this.local.set("ticks", Object.assign(this.local.get("ticks") || {}, { [key]: value })) };
    const replies = new ReplyView(texts, ticks, (title, items, start) => printChecklist(BASE, texts.list, title, items, start));
    this.log = new Log(texts, replies, { retry: (item) => this.session.retry(item), discard: (item) => this.session.discard(item), open: (seq) => this.openFile(seq) });
    this.composer = new Composer(texts, { send: (text) => this.send(text), file: (file) => this.attach(file), typing: () => this.session.typing() });
    this.menu = new Menu(texts.header.menu, this.menuEntries());
    this.sheet = new Sheet();
    this.waiter = new Waiter({ show: (kind) => this.showWaiting(kind), look: () => this.session.sync(true).catch(() => {}) });
    this.people = new People(texts.people, (button) => this.press(button.seq, button.index, button.title));
    this.attention = new Attention(texts.people.title);
    this.bar = h("div", { class: "bar", role: "status", hidden: true });
    this.panel = new Panel(texts, this.heading || texts.title, this.getAttribute("mode") === "page", this.panelHooks());
    this.panel.count(0);
    this.panel.heading.append(iconButton("a-arrow-up", texts.header.bigger, () => this.bigger()), this.menu.button, this.panel.minimise);
    this.panel.node.append(this.panel.heading, this.menu.list, this.people.node, this.bar, this.log.scroller, this.log.pill, this.composer.form, this.sheet.node);
    this.root = h("div", { class: "root", lang: "vi" }, this.panel.launcher, this.panel.node);
    return this.root;
  }

  menuEntries() {
    const words = this.texts.menu;
    return [
      { icon: "headset", title: words.staff, act: () => this.askForPerson() },
      { icon: "download", title: words.download, act: () => this.download() },
      { icon: "eraser", title: words.restart, act: () => this.askRestart() },
      { icon: "info", title: words.about, act: () => this.about() },
    ];
  }

  sessionView() {
    return {
      onMessage: (message, fresh) => this.received(message, fresh),
      onPending: (item) => { this.log.addPending(item); this.offer(); if (item.state === "failed" || item.state === "waiting") this.waiter.stop(); },
      onProgress: (item) => this.log.advance(item),
      onSettled: (item, message) => { this.log.settle(item, message); this.offer(); },
      onDropped: (item) => { this.log.drop(item); this.offer(); },
      onTyping: (on) => this.typing(on),
      onStanding: (standing) => this.stand(standing),
      onLine: (up) => { this.up = up; this.showLine(); },
      onFresh: () => { this.log.clear(); this.stand(null); this.log.notice(this.texts.state.renewed); this.session.pending.forEach((item) => this.log.addPending(item)); },
    };
  }

  panelHooks() {
    return {
      opened: (moved) => {
        this.setAttribute("open", "");
        this.tab.set("open", true);
        this.unread = 0;
        this.composer.grow();
        this.resume();
        this.log.toEnd();
        if (moved) this.focusIn();
      },
      minimised: () => { this.removeAttribute("open"); this.tab.set("open", false); },
      escape: () => this.sheet.close() || this.menu.close(true),
    };
  }

  /** On phones the field is not focused: its keyboard would hide the greeting. */
  focusIn() {
    if (window.matchMedia("(pointer: coarse)").matches) this.panel.node.focus();
    else this.composer.focus();
  }

  listen() {
    window.addEventListener("online", () => { this.showLine(); this.session.online(); });
    window.addEventListener("offline", () => this.showLine());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.session.stream.wake(); });
  }

  resume() {
    if (this.resumed) return;
    this.resumed = true;
    this.log.quiet(Boolean(this.session.api.token)); // who is new has no history, and hears all
    this.session.resume().then(() => {
      this.offer();
      this.log.toEnd();
      setTimeout(() => this.log.quiet(false), 50); // after the browser has told assistive tools of the history
    });
  }

  say(text) {
    this.session.say(text);
    this.expectAnswer();
  }

  send(text) {
    const secret = this.session.expects === "proof" && /^\+?[\d\s.-]{4,20}$/.test(text);
    this.session.say(text, secret ? this.texts.state.masked : "");
    this.expectAnswer();
  }

  attach(file) {
    const said = fault(file, this.texts.files);
    this.session.attach(file, said ? new ApiError(422, "file", said) : null);
  }

  openFile(seq) {
    const failed = (error) => this.log.notice(error.said || this.texts.files.notOpened);
    this.session.api.file(seq).then((file) => save(file.name || this.texts.files.unnamed, file.blob)).catch(failed);
  }

  press(seq, index, title) {
    this.session.press(seq, index, title);
    this.expectAnswer();
    this.focusIn();
  }

  expectAnswer() {
    if (!this.session.withPeople) this.waiter.begin();
  }

  /** People type as long as they like; only the assistant can be slow. */
  typing(on) {
    if (this.session.withPeople) this.waiter.person(on);
    else if (on) this.waiter.begin();
    else this.waiter.stop();
  }

  /** The wish for a person, wherever things stand: who has one is told so and disturbs nobody. */
  askForPerson() {
    if (this.session.withStaff) this.log.notice(this.people.answering(this.session.standing));
    else this.say(this.texts.staff.text);
    this.log.toEnd();
  }

  /** How it stands with people has changed: the bar, the line under the title, the marks in the log, what may be sent. */
  stand(standing) {
    const staff = this.session.withStaff;
    const stuck = this.log.atEnd(); // the bar takes room from the log
    this.people.show(standing, this.session.cancelButton);
    this.panel.line.textContent = staff ? this.texts.people.line : this.texts.subtitle;
    if (this.session.withPeople) this.waiter.stop();
    ((standing && standing.back) || []).forEach((seq) => this.log.mark(seq, this.texts.people.back));
    this.offer();
    if (stuck) this.log.toEnd();
  }

  received(message, fresh) {
    if (message.author !== "citizen") this.waiter.stop();
    const node = this.log.add(message, fresh);
    if (fresh && message.author === "staff") this.attention.draw(node);
    this.offer();
    if (!fresh || message.author === "citizen" || this.panel.isOpen) return;
    this.unread = (this.unread || 0) + 1;
    this.panel.count(this.unread, fill(this.texts.launcherUnread, { n: this.unread }));
  }

  /** Offers the next steps: the most asked at first, later the buttons of the last reply, else nothing. */
  offer() {
    const { session, texts } = this;
    this.composer.expect(session.withStaff ? "staff" : session.pending.length ? "" : session.expects);
    this.composer.offerFiles(session.staffAsked);
    const own = this.getAttribute("data-chips");
    const steps = nextSteps(session, texts, own, { say: (text) => { this.say(text); this.focusIn(); }, press: (...button) => this.press(...button) });
    this.log.offer(steps.label, steps.entries, steps.kind);
  }

  showWaiting(kind) {
    const words = this.texts.state;
    const person = this.people.typing(this.session.standing);
    this.log.wait(kind, { typing: words.typing, slow: words.slow, silent: words.silent, person }[kind]);
  }

  showLine() {
    const words = this.texts.state;
    const text = !navigator.onLine ? words.offline : this.up === false ? words.reconnecting : "";
    this.bar.hidden = !text;
    this.bar.textContent = "";
    if (!text) return;
    const retry = navigator.onLine && h("button", { type: "button", class: "link", onclick: () => this.session.online() }, words.reconnect);
    this.bar.append(icon("wifi-off"), h("span", {}, text), retry || "");
  }

  bigger() {
    this.scale(((this.local.get("size") || 0) + 1) % SIZES.length);
  }

  scale(step) {
    this.local.set("size", step);
    this.root.style.setProperty("--scale", SIZES[step] || 1);
    if (this.panel.isOpen) this.composer.grow();
  }

  download() {
    const file = this.texts.transcript.file + "-" + day(new Date()).split("/").reverse().join("-") + ".txt";
    download(file, transcript(this.texts, this.session.messages));
  }

  askRestart() {
    const words = this.texts.restart;
    this.sheet.ask(words.title, words.body, [{ title: words.yes, act: () => this.restart(), strong: true }, { title: words.no }], this.menu.button);
  }

  restart() {
    this.session.forget();
    this.local.remove("ticks");
    this.waiter.stop();
    this.log.clear();
    this.up = undefined;
    this.showLine();
    this.stand(null);
    this.log.toEnd();
  }

  about() {
    const words = this.texts.about;
    this.sheet.ask(words.title, words.body, [{ title: words.close, strong: true }], this.menu.button);
  }
}

if (!customElements.get("tthc-chat")) customElements.define("tthc-chat", TthcChat);
