// Keys that work everywhere. A page adds its own with `addKey("r", () => …)`; while somebody types none of them acts.

const acts = new Map();

/** Let a key do something; `key` is what KeyboardEvent.key says, with "Alt+" before it where Alt is held. */
export function addKey(key, act) {
  acts.set(key, act);
}

function isTyping(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function followList(number) {
  const link = document.querySelectorAll(".rail-lists a")[number - 1];
  if (link) link.click();
}

function focusSearch() {
  const field = document.querySelector('input[type="search"]');
  if (field) field.focus();
}

/** Start listening; `help` is the dialog that "?" opens. */
export function listenToKeys(help) {
  addKey("?", () => help.showModal());
  addKey("/", focusSearch);
  for (let number = 1; number <= 5; number += 1) addKey(`Alt+${number}`, () => followList(number));
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (isTyping(event.target) && !event.altKey) return;
    const act = acts.get((event.altKey ? "Alt+" : "") + event.key);
    if (!act) return;
    event.preventDefault();
    act(event);
  });
}
