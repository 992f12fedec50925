// Prints a checklist alone, from a frame of its own, so that the host page stays as it is.
import { h } from "./dom.js";
import { day, inline } from "./format.js";

export function printChecklist(base, words, title, items, start) {
  const frame = h("iframe", { title: words.print, "aria-hidden": "true", tabindex: "-1" });
  frame.style.cssText = "position:fixed;right:0;bottom:0;width:0;height:0;border:0;visibility:hidden";
  document.body.append(frame);
  const page = frame.contentDocument;
  page.documentElement.lang = "vi";
  page.title = title || words.printTitle;
  const style = h("link", { rel: "stylesheet", href: new URL("print.css", base).href });
  const rows = items.map((item) => h("li", {}, h("i", {}), h("span", {}, ...inline(item.text), item.badge && " (" + item.badge + ")")));
  page.body.append(
    h("h1", {}, ...inline(title || words.printTitle)),
    h("p", {}, words.printTitle + " · " + day(new Date())),
    h("ol", { start }, ...rows),
    h("p", { class: "note" }, words.printNote)
  );
  let done = false;
  const print = () => {
    if (done) return;
    done = true;
    frame.contentWindow.focus();
    frame.contentWindow.print();
    setTimeout(() => frame.remove(), 60000); // some phones read the frame after print() returns
  };
  style.addEventListener("load", print);
  style.addEventListener("error", print);
  page.head.append(style);
}
