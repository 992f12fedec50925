// Tells when news no longer comes in, and when it does again.

const PATIENCE = 3000; // ms: a line that comes back at once is not worth a word

/** Show the bar while the stream of events is cut or the browser is offline. */
export function watchLine(bar) {
  let timer = 0;
  const lost = () => {
    if (!timer) timer = window.setTimeout(() => { bar.hidden = false; leaveIfOver(); }, PATIENCE);
  };
  const back = () => {
    window.clearTimeout(timer);
    timer = 0;
    bar.hidden = true;
  };
  document.body.addEventListener("htmx:sseError", lost);
  document.body.addEventListener("htmx:sseOpen", back);
  document.body.addEventListener("htmx:sendError", lost);
  window.addEventListener("offline", lost);
}

/** A stream cannot say why it is refused: when it is because nobody is signed in any more, go to the sign-in. */
async function leaveIfOver() {
  const answer = await fetch("/console/rail", { headers: { "HX-Request": "true" } }).catch(() => null);
  if (answer && answer.status === 401) window.location.reload();
}
