// One conversation as this device knows it: what was said, what is on its way, nothing twice.
import { uuid } from "./dom.js";
import { findCancel } from "./people.js";
import { Stream } from "./stream.js";

const TYPING_EVERY = 3000; // ms, as the server listens

/**
 * `local` outlives the tab (token), `tab` does not (unsent texts). `view` hears: onMessage(message, fresh),
 * onPending(pending), onProgress(pending), onSettled(pending, message), onDropped(pending), onTyping(on), onStanding(standing), onLine(up), onFresh().
 */
export class Session {
  constructor(api, local, tab, view) {
    Object.assign(this, { api, local, tab, view });
    this.stream = new Stream(api, () => this.cursor, {
      onEvent: (event) => this.hear(event),
      onLine: (up) => view.onLine(up),
      onRefused: () => this.renew().catch(() => {}), // the stream comes back after its pause
    });
    this.left = tab.get("unsent") || []; // by the page before, until they are shown again
    this.empty();
  }

  empty() {
    this.messages = [];
    this.pending = [];
    this.seen = new Set();
    this.cursor = 0;
    this.standing = null;
  }

  get last() {
    return this.messages[this.messages.length - 1] || null;
  }

  /** What the next free text answers: "", "code" or "proof". */
  get expects() {
    const reply = this.last && this.last.reply;
    return (reply && reply.expects) || "";
  }

  get state() {
    return (this.standing && this.standing.state) || "";
  }

  /** Whether a person answers now. */
  get withStaff() {
    return this.state === "staff";
  }

  /** Whether people, not the assistant, answer what is written now. */
  get withPeople() {
    return this.withStaff || this.state === "queued";
  }

  /** Whether a person is there or is waited for: then somebody looks at files. */
  get staffAsked() {
    return this.withPeople || this.state === "callback" || this.state === "calling";
  }

  /** The newest way back to the assistant that was offered, null without any. */
  get cancelButton() {
    return findCancel(this.messages);
  }

  stand(standing) {
    this.standing = standing;
    this.view.onStanding(standing);
  }

  /** Tells a person there that the citizen types; now and then, and nothing of what. */
  typing() {
    const now = Date.now();
    if (!this.withStaff || now - (this.typed || 0) < TYPING_EVERY) return;
    this.typed = now;
    this.api.typing().catch(() => {});
  }

  /** Brings back what this device has: an earlier conversation, and texts that never left. */
  async resume() {
    try {
      if (this.api.token) await this.sync();
    } catch (error) {
      if (error.status === 401 || error.status === 403) await this.renew().catch(() => {});
    }
    this.restore();
    if (this.api.token) this.stream.start();
  }

  /** Reads what the history has beyond the cursor. */
  async sync(fresh) {
    for (;;) {
      const page = await this.api.history(this.cursor);
      page.messages.forEach((message) => this.take(message, Boolean(fresh)));
      this.stand(page.handoff || null);
      if (!page.messages.length || this.cursor >= page.last_seq) return;
    }
  }

  hear(event) {
    let data;
    try {
      data = JSON.parse(event.data);
    } catch (error) {
      return;
    }
    if (event.event === "typing") this.view.onTyping(Boolean(data.on));
    if (event.event === "handoff") this.stand(data);
    if (event.event === "message") this.take(data, true);
  }

  take(message, fresh) {
    if (!Number.isFinite(message.seq) || this.seen.has(message.seq)) return;
    this.seen.add(message.seq);
    this.cursor = Math.max(this.cursor, message.seq);
    this.messages.push(message);
    this.messages.sort((one, other) => one.seq - other.seq);
    const own = this.pending.find((item) => item.client_id === message.client_id || item.seq === message.seq);
    if (own) {
      own.settled = true;
      this.pending = this.pending.filter((item) => item !== own);
      this.save();
      this.view.onSettled(own, message);
    } else {
      this.view.onMessage(message, fresh);
    }
  }

  say(text, shown) {
    const client_id = uuid();
    this.push({ client_id, shown: shown || text, secret: Boolean(shown), body: { client_id, text } });
  }

  press(seq, index, title) {
    const client_id = uuid();
    this.push({ client_id, shown: title, body: { client_id, button: { seq, index } } });
  }

  /** Sends a file; with `error` it is shown as refused, since nothing could come of sending it. */
  attach(file, error) {
    this.push({ client_id: uuid(), shown: file.name, file }, error);
  }

  push(item, error) {
    item.state = error ? "failed" : "sending";
    item.error = error || null;
    item.at = new Date().toISOString();
    this.pending.push(item);
    this.save();
    this.view.onPending(item);
    this.drain();
  }

  retry(item) {
    item.state = "sending";
    item.error = null;
    this.view.onPending(item);
    this.drain();
  }

  discard(item) {
    this.pending = this.pending.filter((other) => other !== item);
    this.save();
    this.view.onDropped(item);
  }

  /** The network is back: what waited for it goes out, the stream reconnects now. */
  online() {
    this.stream.wake();
    this.pending.filter((item) => item.state === "waiting").forEach((item) => this.retry(item));
  }

  /** Texts leave in their order, and so do files; a large file holds up no text. */
  drain() {
    this.draining = this.draining || {};
    ["texts", "files"].forEach((lane) => this.drainLane(lane));
  }

  async drainLane(lane) {
    if (this.draining[lane]) return;
    this.draining[lane] = true;
    for (;;) {
      const next = this.pending.find((item) => item.state === "sending" && Boolean(item.file) === (lane === "files"));
      if (!next) break;
      await this.deliver(next);
    }
    this.draining[lane] = false;
  }

  submit(item) {
    if (!item.file) return this.api.send(item.body);
    return this.api.upload(item.client_id, item.file, (sent) => { item.sent = sent; this.view.onProgress(item); });
  }

  async deliver(item) {
    try {
      if (!this.api.token) await this.open();
      this.stream.start();
      item.seq = await this.submit(item);
      item.state = "sent";
    } catch (error) {
      if ((error.status === 401 || error.status === 403) && !item.renewed) {
        item.renewed = true;
        await this.renew().catch(() => {});
        return; // still "sending": the loop tries it once more with the new token
      }
      item.state = error.status === 0 && !navigator.onLine ? "waiting" : "failed";
      item.error = error;
    }
    if (!item.settled && this.pending.indexOf(item) >= 0) this.view.onPending(item);
    this.save();
  }

  async open() {
    const conversation = await this.api.open();
    const before = this.local.get("conversation");
    this.local.set("conversation", conversation);
    return before === null || before === conversation;
  }

  /** Trades a refused token for a good one, once for all who were refused together. */
  renew() {
    const done = () => { this.renewing = null; };
    if (!this.renewing) {
      this.renewing = this.trade();
      this.renewing.then(done, done);
    }
    return this.renewing;
  }

  /** A conversation that is gone is begun anew, and the log emptied. */
  async trade() {
    let same;
    try {
      same = await this.open();
    } catch (error) {
      if (!error.status || error.status >= 500) throw error;
      this.api.keep(null);
      same = await this.open();
    }
    if (same) return;
    const unsent = this.pending;
    this.empty();
    this.pending = unsent;
    this.view.onFresh();
  }

  /** Forgets the conversation on this device. */
  forget() {
    this.stream.stop();
    this.api.keep(null);
    this.local.remove("conversation");
    this.left = [];
    this.empty();
    this.save();
  }

  save() {
    const unsent = this.left.concat(this.pending.filter((item) => item.state !== "sent" && !item.secret && !item.file));
    this.tab.set("unsent", unsent.map(({ client_id, shown, body, at }) => ({ client_id, shown, body, at })));
  }

  restore() {
    const known = new Set(this.messages.map((message) => message.client_id));
    const left = this.left.filter((item) => !known.has(item.client_id));
    this.left = [];
    left.forEach((item) => {
      item.state = "failed";
      this.pending.push(item);
      this.view.onPending(item);
    });
    this.save(); // without those that had arrived
  }
}
