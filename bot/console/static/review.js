// Two keystrokes a question: a number chooses the procedure, letters turn aspects on and off, Enter saves.

const form = document.getElementById("review-form");
const search = document.getElementById("review-q");

function isWriting(target) {
  return target === search || /^(TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
}

function press(key) {
  const field = form.querySelector(`input[data-key="${CSS.escape(key)}"]`);
  if (!field) return false;
  field.checked = field.type === "radio" ? true : !field.checked;
  if (field.name === "procedure") form.querySelector('input[name="behaviour"][value="answer"]').checked = true;
  field.closest("label").scrollIntoView({ block: "nearest" });
  return true;
}

function onKey(event) {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target === search && event.key === "Enter") {
    event.preventDefault();
    search.blur();
  } else if (isWriting(event.target)) {
    return;
  } else if (event.key === "Enter") {
    if (/^(A|BUTTON|SUMMARY)$/.test(event.target.tagName)) return;
    event.preventDefault();
    form.requestSubmit();
  } else if (press(event.key.toLowerCase())) {
    event.preventDefault();
  }
}

if (form) document.addEventListener("keydown", onKey);
