// Puts official answers from the drawer into the reply that is being written. The composer takes them at its cursor.

const fallback = "Không lấy được câu trả lời. Thử lại.";

function tell(text) {
  const line = document.getElementById("drawer-told");
  if (line) line.textContent = text;
}

async function insert(button) {
  const drawer = button.closest("[data-drawer]").dataset.drawer;
  const code = button.closest("[data-code]").dataset.code;
  const query = new URLSearchParams({ code, aspect: button.dataset.insert });
  button.disabled = true;
  try {
    const response = await fetch(`${drawer}/answer?${query}`, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(String(response.status));
    const { text, citation, known, told } = await response.json();
    if (known) document.dispatchEvent(new CustomEvent("composer:insert", { detail: { text, citation } }));
    tell(told);
  } catch {
    tell(fallback);
  } finally {
    button.disabled = false;
  }
}

// News of the conversation must not take away what somebody looks up or types: only what may have changed is replaced.
const PARTS = ["drawer-summary-part", "drawer-others"];

function refresh(event) {
  const old = event.detail.target.querySelector("[data-drawer]");
  const fresh = new DOMParser().parseFromString(event.detail.serverResponse, "text/html").querySelector("[data-drawer]");
  if (!old || !fresh || old.dataset.drawer !== fresh.dataset.drawer) return;
  event.detail.shouldSwap = false;
  for (const id of PARTS) {
    const part = document.getElementById(id);
    if (part.contains(document.activeElement) || part.querySelector("details[open]")) continue;
    part.replaceChildren(...fresh.querySelector(`#${id}`).childNodes);
    window.htmx.process(part);
  }
}

document.addEventListener("htmx:beforeSwap", refresh);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (button && button.closest("[data-drawer]")) insert(button);
});
