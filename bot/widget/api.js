// The server's door: conversations, messages, history, events.

const SEND_TIMEOUT = 15000; // ms

/** A refused or failed request; `status` is 0 when no answer came. */
export class ApiError extends Error {
  constructor(status, code, message) {
    super(message || code);
    this.status = status;
    this.code = code;
    this.said = message || "";
  }
}

async function refusal(response) {
  let error = {};
  try {
    error = (await response.json()).error || {};
  } catch (unreadable) { /* the status says enough */ }
  return new ApiError(response.status, String(error.code || "http"), String(error.message || ""));
}

export class Api {
  constructor(server, store) {
    this.server = server.replace(/\/$/, "");
    this.store = store;
    this.token = store.get("token");
  }

  keep(token) {
    this.token = token;
    if (token) this.store.set("token", token);
    else this.store.remove("token");
  }

  /** Begins a conversation, or resumes the one that the kept token names. */
  async open() {
    const response = await this.request("POST", "conversations", {});
    const data = await response.json();
    this.keep(data.token);
    return data.conversation_id;
  }

  async send(body) {
    const response = await this.request("POST", "messages", body);
    return (await response.json()).seq;
  }

  async history(after) {
    return (await this.request("GET", "history?limit=200&after=" + after)).json();
  }

  /** Opens the event stream; it lives until `signal` aborts or the connection ends. */
  events(after, signal) {
    return this.request("GET", "events", undefined, { signal, headers: { "Last-Event-ID": String(after) } });
  }

  async request(method, path, body, more) {
    const used = this.token;
    const options = Object.assign({ method, credentials: "omit", cache: "no-store" }, more);
    options.headers = Object.assign({}, options.headers);
    if (used) options.headers.Authorization = "Bearer " + used;
    if (body !== undefined) {
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    const response = await this.fetch("/api/web/" + path, options);
    const renewed = response.headers.get("X-Renew-Token");
    if (renewed && this.token && this.token === used) this.keep(renewed);
    if (!response.ok) throw await refusal(response);
    return response;
  }

  async fetch(path, options) {
    const own = options.signal ? null : new AbortController();
    const timer = own && setTimeout(() => own.abort(), SEND_TIMEOUT);
    if (own) options.signal = own.signal;
    try {
      return await fetch(this.server + path, options);
    } catch (error) {
      throw new ApiError(0, "network", "");
    } finally {
      if (timer) clearTimeout(timer);
    }
  }
}
