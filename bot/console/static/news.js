// Tells the page that something has news: the first at once, what follows bundled, so that a busy hour is no storm.

const PAUSE = 1000; // ms

/** Start listening; `element` is where the stream's events come in. Pages hear "console:news" on the body. */
export function listenToNews(element) {
  let heard = new Set();
  let everything = false;
  let timer = 0;
  const tell = () => {
    const detail = { conversations: [...heard], everything };
    heard = new Set();
    everything = false;
    document.body.dispatchEvent(new CustomEvent("console:news", { detail }));
  };
  const rest = () => {
    timer = 0;
    if (!heard.size && !everything) return;
    tell();
    timer = window.setTimeout(rest, PAUSE);
  };
  element.addEventListener("sse:news", (event) => {
    const conversations = JSON.parse(event.detail.data);
    everything ||= conversations.length === 0;
    for (const one of conversations) heard.add(one);
    if (timer) return;
    tell();
    timer = window.setTimeout(rest, PAUSE);
  });
}
