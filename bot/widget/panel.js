// The window itself: open and minimised, full screen on phones, keyboard and focus.
import { h, icon, iconButton } from "./dom.js";

const SMALL = "(max-width: 479px), (max-height: 479px)";
const FOCUSABLE = "button, textarea, a[href], input, [tabindex='0']";

/** `hooks`: opened(), minimised(), escape() returns true when something smaller closed. */
export class Panel {
  constructor(texts, title, page, hooks) {
    Object.assign(this, { texts, page, hooks });
    this.small = window.matchMedia(SMALL);
    this.node = h("section", { class: "panel", role: "dialog", "aria-labelledby": "title", tabindex: "-1", hidden: true, onkeydown: (event) => this.key(event) });
    this.line = h("p", {}, texts.subtitle);
    this.heading = h("div", { class: "head" }, h("span", { class: "seal" }, icon("landmark")),
      h("div", { class: "titles" }, h("h2", { id: "title" }, title), this.line));
    this.minimise = iconButton("chevron-down", texts.header.minimise, () => this.close());
    this.minimise.hidden = page;
    this.unread = h("span", { class: "unread", "aria-hidden": "true", hidden: true });
    this.unreadSaid = h("span", { class: "spoken" });
    this.launcher = h("button", { type: "button", class: "launcher", "aria-haspopup": "dialog", hidden: page, onclick: () => this.open(true) },
      icon("message-circle"), h("span", {}, texts.launcher), this.unread, this.unreadSaid);
    this.refit = () => this.fit();
  }

  get isOpen() {
    return !this.node.hidden;
  }

  get full() {
    return this.page || this.small.matches;
  }

  /** Opens; `moved` when the citizen asked for it, so that focus may follow. */
  open(moved) {
    if (this.isOpen) return;
    this.node.hidden = false;
    this.launcher.hidden = true;
    this.count(0);
    this.fit();
    const view = window.visualViewport;
    if (view) ["resize", "scroll"].forEach((name) => view.addEventListener(name, this.refit));
    window.addEventListener("resize", this.refit);
    this.hooks.opened(Boolean(moved));
  }

  close() {
    if (!this.isOpen || this.page) return;
    this.node.hidden = true;
    this.launcher.hidden = false;
    this.release();
    this.launcher.focus();
    this.hooks.minimised();
  }

  /** Lets go of the page: scrolling and viewport listeners. */
  release() {
    const view = window.visualViewport;
    if (view) ["resize", "scroll"].forEach((name) => view.removeEventListener(name, this.refit));
    window.removeEventListener("resize", this.refit);
    this.lock(false);
  }

  /** Follows the visible part of a phone's screen, so that the keyboard covers nothing. */
  fit() {
    const cover = this.full && !this.page;
    const view = window.visualViewport;
    this.node.classList.toggle("full", this.full);
    if (cover) this.node.setAttribute("aria-modal", "true");
    else this.node.removeAttribute("aria-modal");
    this.node.style.height = cover && view ? view.height + "px" : "";
    this.node.style.top = cover && view ? view.offsetTop + "px" : "";
    this.lock(cover);
  }

  lock(on) {
    const root = document.documentElement;
    if (on && this.kept === undefined) {
      this.kept = root.style.overflow;
      root.style.overflow = "hidden";
    } else if (!on && this.kept !== undefined) {
      root.style.overflow = this.kept;
      this.kept = undefined;
    }
  }

  count(n, words) {
    this.unread.hidden = !n;
    this.unread.textContent = n || "";
    this.unreadSaid.textContent = n ? ", " + words : "";
  }

  key(event) {
    if (event.key === "Escape" && !event.isComposing) {
      event.stopPropagation();
      if (!this.hooks.escape()) this.close();
    } else if (event.key === "Tab") {
      this.trap(event);
    }
  }

  trap(event) {
    const sheet = this.node.querySelector(".sheet");
    if (!sheet && (!this.full || this.page)) return;
    const stops = Array.from((sheet || this.node).querySelectorAll(FOCUSABLE)).filter((stop) => stop.tabIndex >= 0 && stop.offsetParent !== null);
    const active = this.node.getRootNode().activeElement;
    const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
    if (active !== edge && stops.indexOf(active) >= 0) return;
    event.preventDefault();
    stops[event.shiftKey ? stops.length - 1 : 0].focus();
  }
}
