// Running text and dates as the citizen reads them.
import { h } from "./dom.js";

const ZONE = "Asia/Ho_Chi_Minh";

// What must not break over two lines: dates, dossier and procedure codes, legal numbers, amounts, spans of time, phones.
const WHOLE = new RegExp(
  [
    "\\d{1,2}/\\d{1,2}/\\d{4}",
    "[0-9H]{3}(?:\\.[0-9H]{2,3}){1,3}-\\d{6}-\\d{4}",
    "\\d{1,4}/(?:\\d{4}/)?[A-ZĐ][A-ZĐ0-9]{1,8}(?:-[A-ZĐ]{2,8}){0,2}",
    "\\d\\.\\d{6}(?:\\.\\d{3}\\.\\d{2}\\.\\d{2}\\.H\\d{2})?",
    "\\d{1,3}(?:\\.\\d{3}){1,4}\\s?(?:đồng|đ)(?![a-zà-ỹ])",
    "\\d{1,4}\\s(?:ngày|giờ|phút|tháng|năm|đồng|đ)(?![a-zà-ỹ])",
    "0\\d{2,3}[. ]\\d{3}[. ]\\d{3,4}",
  ].join("|"),
  "gu"
);
const LINK = /https:\/\/[^\s<>"'“”()*]{4,300}[^\s<>"'“”()*.,;:!?]/g;

/** Turns `**bold**` text into nodes: bold, unbroken codes and dates, https links. */
export function inline(text) {
  const parts = String(text).split(/\*\*([\s\S]+?)\*\*/);
  return parts.map((part, index) => (index % 2 ? h("strong", {}, ...links(part)) : links(part)))
    .reduce((all, part) => all.concat(part), []);
}

function links(text) {
  return around(text, LINK, (url) => h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url), whole);
}

function whole(text) {
  return around(text, WHOLE, (token) => h("span", { class: "whole" }, token), (rest) => [rest]);
}

function around(text, pattern, make, otherwise) {
  const nodes = [];
  let last = 0;
  text.replace(pattern, (match, ...rest) => {
    const at = rest.find((value) => typeof value === "number");
    nodes.push(...otherwise(text.slice(last, at)), make(match));
    last = at + match.length;
    return match;
  });
  return nodes.concat(otherwise(text.slice(last))).filter((node) => node !== "");
}

/** Reads a server time; one without a zone is UTC. */
export function instant(text) {
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/.test(text || "") ? text : (text || "") + "Z";
  const date = new Date(zoned);
  return isNaN(date.getTime()) ? new Date() : date;
}

export function clock(date) {
  return new Intl.DateTimeFormat("vi-VN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: ZONE }).format(date);
}

/** The day as dd/mm/yyyy in Vietnam; also the key that tells two days apart. */
export function day(date) {
  return new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "2-digit", year: "numeric", timeZone: ZONE }).format(date);
}

export function dayTitle(date, words) {
  const key = day(date);
  if (key === day(new Date())) return words.today;
  if (key === day(new Date(Date.now() - 86400000))) return words.yesterday;
  const name = new Intl.DateTimeFormat("vi-VN", { weekday: "long", timeZone: ZONE }).format(date);
  return name.charAt(0).toUpperCase() + name.slice(1) + ", " + key;
}
