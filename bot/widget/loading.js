// What the element needs before it can be drawn: words, styles, the typeface.
import { h } from "./dom.js";

const BASE = new URL(".", import.meta.url).href;

export async function readTexts(lang) {
  const response = await fetch(BASE + "texts." + lang + ".json", { credentials: "omit" });
  if (!response.ok && lang !== "vi") return readTexts("vi");
  return response.json();
}

export function loadStyles() {
  const links = [BASE + "../static/tokens.css", BASE + "chat.css"].map((href) => h("link", { rel: "stylesheet", href }));
  const loaded = links.map((link) => new Promise((resolve) => ["load", "error"].forEach((name) => link.addEventListener(name, resolve))));
  return { links, ready: Promise.all(loaded) };
}

/** Faces are only taken from the document, never from inside a shadow root. */
export function loadFont() {
  const href = new URL("../static/vendor/be-vietnam-pro/fonts.css", BASE).href;
  if (Array.from(document.styleSheets).some((sheet) => sheet.href === href) || document.querySelector("link[data-tthc-font]")) return;
  document.head.append(h("link", { rel: "stylesheet", href, "data-tthc-font": true }));
}
