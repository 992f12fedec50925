// Server-sent events over fetch (EventSource cannot send the token), with reconnection.

const SILENCE = 45000; // ms without a byte, heartbeats included, before the line counts as dead
const LONGEST_WAIT = 15000;

/** Returns a function that takes text chunks and calls `emit({id, event, data})` per whole event. */
export function eventParser(emit) {
  let buffer = "";
  let event = { data: [] };
  function line(text) {
    if (text === "") {
      if (event.data.length) emit({ id: event.id, event: event.event || "message", data: event.data.join("\n") });
      event = { data: [] };
      return;
    }
    const colon = text.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (name === "data") event.data.push(value);
    else if (name === "id" || name === "event") event[name] = value;
  }
  return function feed(chunk) {
    buffer += chunk;
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(buffer); // a last \r may be half of \r\n
      if (!end) return;
      const text = buffer.slice(0, end.index);
      buffer = buffer.slice(end.index + end[0].length);
      line(text);
    }
  };
}

/** Keeps one event stream open; `view.onEvent`, `view.onLine(up)` and `view.onRefused()` hear of it. */
export class Stream {
  constructor(api, cursor, view) {
    this.api = api;
    this.cursor = cursor; // () => the last sequence number received
    this.view = view;
    this.running = false;
    this.failures = 0;
  }

  start() {
    if (this.running) return;
    this.running = true;
    this.turn = (this.turn || 0) + 1;
    this.run(this.turn);
  }

  stop() {
    this.running = false;
    this.wake();
    if (this.abort) this.abort.abort();
  }

  /** Ends a back-off pause now. */
  wake() {
    if (this.resume) this.resume();
  }

  async run(turn) {
    const mine = () => this.running && this.turn === turn;
    while (mine()) {
      try {
        await this.read(mine);
      } catch (error) {
        if (mine() && (error.status === 401 || error.status === 403)) await this.view.onRefused();
      }
      if (!mine()) return;
      this.failures += 1;
      if (this.failures > 1) this.view.onLine(false);
      await this.pause(Math.min(LONGEST_WAIT, 250 * Math.pow(2, this.failures)) * (0.5 + Math.random() / 2));
    }
  }

  async read(mine) {
    this.abort = new AbortController();
    const abort = this.abort;
    let alarm = setTimeout(() => abort.abort(), SILENCE);
    try {
      const response = await this.api.events(this.cursor(), abort.signal);
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      const feed = eventParser((event) => { if (mine()) this.view.onEvent(event); });
      this.view.onLine(true);
      for (;;) {
        const part = await reader.read();
        if (part.done) return;
        clearTimeout(alarm);
        alarm = setTimeout(() => abort.abort(), SILENCE);
        this.failures = 0;
        feed(decoder.decode(part.value, { stream: true }));
      }
    } finally {
      clearTimeout(alarm);
    }
  }

  pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const self = this;
      function done() {
        clearTimeout(timer);
        self.resume = null;
        resolve();
      }
      this.resume = done;
    });
  }
}
