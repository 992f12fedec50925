// The working screen: puts its parts together, and the keys.
import { watchAlarm } from "./desk_alarm.js";
import { startClocks } from "./desk_clock.js";
import { saveNow, watchComposer, write } from "./desk_composer.js";
import { neighbour, refreshList, watchList } from "./desk_list.js";
import { watchSuggestions } from "./desk_suggest.js";
import { openId, openTalk, refreshThread, toEnd, watchThread } from "./desk_thread.js";
import { addKey } from "./keys.js";

function click(...ids) {
  for (const id of ids) {
    const button = document.getElementById(id);
    if (button) {
      button.click();
      return;
    }
  }
}

function open(step) {
  const link = neighbour(step);
  if (!link) return;
  link.focus();
  openTalk(link.getAttribute("href"));
}

function search() {
  const field = document.getElementById("search");
  if (field) field.focus();
}

async function claimNext() {
  await window.htmx.ajax("POST", "/console/next", { swap: "none" });
}

function showDialog(dialog) {
  dialog.showModal();
  const asked = dialog.querySelector("[hx-trigger*='desk:opened']");
  if (asked) window.htmx.trigger(asked, "desk:opened");
}

function watchDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) showDialog(document.getElementById(opener.dataset.dialog));
    const closer = event.target.closest("[data-close]");
    if (closer) closer.closest("dialog").close();
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("dialog form[data-closes]");
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (form.matches?.("form[data-closes]") && event.detail.successful) form.closest("dialog").close();
  });
  // What was refused stands in the dialog that asked for it, else at the top of the page.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const dialog = event.detail.requestConfig.elt.closest?.("dialog[open]");
    if (!dialog || event.detail.xhr.status < 400) return;
    dialog.querySelector(".dialog-fault")?.remove();
    const line = document.createElement("div");
    line.className = "dialog-fault";
    dialog.querySelector("h2").after(line);
    event.detail.target = line;
  });
}

function refresh() {
  refreshList();
  refreshThread();
}

function watchNews() {
  document.body.addEventListener("console:news", refreshList);
  document.body.addEventListener("desk:changed", refresh);
  document.body.addEventListener("htmx:responseError", refresh);
  document.getElementById("news").addEventListener("sse:news", (event) => {
    const heard = JSON.parse(event.detail.data);
    if (heard.length && !heard.includes(openId())) return;
    refreshThread();
    const drawer = document.getElementById("drawer");
    if (drawer && heard.length) window.htmx.trigger(drawer, "desk:news");
  });
}

function addKeys() {
  addKey("j", () => open(1));
  addKey("k", () => open(-1));
  addKey("n", claimNext);
  addKey("c", () => click("step-claim", "step-accept", "step-step_in"));
  addKey("r", () => write("reply"));
  addKey("m", () => write("note"));
  addKey("t", () => click("step-transfer"));
  addKey("e", () => click("step-close"));
  addKey("b", () => click("step-give_back"));
  addKey("s", search);
  addKey("Escape", () => document.querySelector('.card-link[aria-current="true"]')?.focus());
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    search();
  });
}

watchList();
watchThread();
watchComposer((one) => {
  if (one.conversation === openId()) toEnd();
  refreshThread();
});
watchSuggestions();
watchDialogs();
watchNews();
watchAlarm();
startClocks();
addKeys();
document.addEventListener("click", (event) => {
  if (event.target.closest(".card-link, .rail-lists a")) saveNow();
}, true);
document.getElementById("desk").dataset.ready = "1";
