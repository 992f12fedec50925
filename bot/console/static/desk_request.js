// Asking the server: the token with each request, a lost session leads to the sign-in, a refusal keeps its words.

const token = document.querySelector('meta[name="csrf"]').content;

/** What the server said no to; `message` is what it says to the person. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(path, options, target) {
  const headers = { "HX-Request": "true", "HX-Target": target, "HX-Current-URL": location.href, "X-CSRF-Token": token };
  const response = await fetch(path, { ...options, headers: { ...headers, ...options.headers } });
  const elsewhere = response.headers.get("HX-Redirect");
  if (elsewhere) {
    location.assign(elsewhere);
    return new Promise(() => {});
  }
  return response;
}

function words(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return page.body.textContent.trim().replace(/\s+/g, " ");
}

async function checked(response) {
  if (response.ok) return response;
  const text = await response.text();
  if (response.status >= 500 || response.status === 429) throw new TypeError("busy"); // like no network: try again
  throw new Refused(response.status, words(text));
}

/** Return a part of a page as a document. */
export async function ask(path, target = "") {
  const response = await checked(await call(path, { method: "GET" }, target));
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/** Send a form and return the answer. */
export async function send(path, fields, options = {}) {
  const body = new URLSearchParams(fields);
  return checked(await call(path, { method: "POST", body, ...options }, ""));
}

/** Return one of the sentences of the page, its places filled in. */
export function say(name, values = {}) {
  const found = document.getElementById("desk-words").content.querySelector(`[data-word="${name}"]`).textContent;
  return found.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

/** Tell those who listen to the page. */
export function announce(text) {
  document.getElementById("said").textContent = text;
}
