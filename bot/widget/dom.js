// Building nodes. Text only ever enters as text nodes.
import { SHAPES } from "./icons.js";

/** Makes an element; `on…` properties are listeners, null and false ones are left out. */
export function h(tag, properties, ...children) {
  const node = document.createElement(tag);
  Object.keys(properties || {}).forEach((name) => {
    const value = properties[name];
    if (value === null || value === undefined || value === false) return;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  });
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** Draws one of the vendored icons, hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" };
  Object.keys(attributes).forEach((key) => svg.setAttribute(key, attributes[key]));
  SHAPES[name].forEach(([tag, shape]) => {
    const part = document.createElementNS(SVG, tag);
    Object.keys(shape).forEach((key) => part.setAttribute(key, shape[key]));
    svg.append(part);
  });
  return svg;
}

/** A square button with an icon and a spoken label. */
export function iconButton(name, label, onclick, more) {
  const properties = Object.assign({ type: "button", class: "icon-button", "aria-label": label, title: label, onclick }, more);
  return h("button", properties, icon(name));
}

/** Fills `{name}` places of a text. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** A random UUID v4, also where crypto.randomUUID is missing (old phones, plain http). */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
