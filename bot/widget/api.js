// The server's door: conversations, messages, history, events.

const SEND_TIMEOUT = 15000; // ms
const FILE_TIMEOUT = 180000;

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
  return refused(response.status, await response.text().catch(() => ""));
}

function refused(status, body) {
  let error = {};
  try {
    error = JSON.parse(body).error || {};
  } catch (unreadable) { /* the status says enough */ }
  return new ApiError(status, String(error.code || "http"), String(error.message || ""));
}

/** The name that a download is given by its header, "" when there is none. */
function nameOf(response) {
  const found = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("Content-Disposition") || "");
  try {
    return found ? decodeURIComponent(found[1]) : "";
  } catch (unreadable) {
    return "";
  }
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

  /** Tells that something is being typed, and nothing of what. */
  typing() {
    return this.request("POST", "typing");
  }

  /** Sends a file and tells how far it has got, from 0 to 1; fetch could not tell. */
  upload(client_id, file, onProgress) {
    const used = this.token;
    return new Promise((resolve, reject) => {
      const call = new XMLHttpRequest();
      call.open("POST", this.server + "/api/web/files?client_id=" + client_id);
      call.timeout = FILE_TIMEOUT;
      call.setRequestHeader("Authorization", "Bearer " + used);
      call.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
      call.upload.onprogress = (event) => { if (event.lengthComputable) onProgress(event.loaded / event.total); };
      call.onerror = call.ontimeout = () => reject(new ApiError(0, "network", ""));
      call.onload = () => {
        this.renewed(used, call.getResponseHeader("X-Renew-Token"));
        if (call.status === 202) resolve(JSON.parse(call.responseText).seq);
        else reject(refused(call.status, call.responseText));
      };
      call.send(file);
    });
  }

  /** Returns a sent file as {name, blob}. */
  async file(seq) {
    const response = await this.request("GET", "files/" + seq);
    return { name: nameOf(response), blob: await response.blob() };
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
    this.renewed(used, response.headers.get("X-Renew-Token"));
    if (!response.ok) throw await refusal(response);
    return response;
  }

  renewed(used, token) {
    if (token && this.token && this.token === used) this.keep(token);
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
