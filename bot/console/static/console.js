// What every page of the console does: the token with each request, the bar of a lost line, keys, the help dialog.
import { listenToKeys } from "./keys.js";
import { watchLine } from "./line.js";
import { listenToNews } from "./news.js";

const token = document.querySelector('meta[name="csrf"]').content;

document.body.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = token;
});

// Leaving forms that were changed and not sent would lose what was typed.
document.body.addEventListener("input", (event) => {
  if (event.target.form && event.target.form.dataset.keep !== undefined) event.target.form.dataset.changed = "1";
});
document.body.addEventListener("submit", (event) => {
  delete event.target.dataset.changed;
  const question = event.submitter && event.submitter.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
window.addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-changed]")) event.preventDefault();
});

const keys = document.getElementById("keys");
document.getElementById("show-keys").addEventListener("click", () => keys.showModal());

// On a phone what is not one of the lists folds away.
const more = document.getElementById("more");
more.addEventListener("click", () => {
  const open = document.getElementById("side").classList.toggle("open");
  more.setAttribute("aria-expanded", String(open));
});

listenToKeys(keys);
listenToNews(document.getElementById("news"));
watchLine(document.getElementById("line-state"));
