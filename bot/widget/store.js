// What the widget remembers on this device, in memory where the browser refuses storage.

class MemoryStorage {
  constructor() { this.values = new Map(); }
  getItem(key) { return this.values.has(key) ? this.values.get(key) : null; }
  setItem(key, value) { this.values.set(key, value); }
  removeItem(key) { this.values.delete(key); }
}

function usable(kind) {
  try {
    const storage = window[kind];
    storage.setItem("tthc-chat:probe", "1");
    storage.removeItem("tthc-chat:probe");
    return storage;
  } catch (error) {
    return new MemoryStorage();
  }
}

/** A small JSON store under one prefix; `kind` is localStorage, sessionStorage or memory. */
export class Store {
  constructor(kind, prefix) {
    this.storage = kind === "memory" ? new MemoryStorage() : usable(kind);
    this.prefix = "tthc-chat:" + prefix + ":";
  }

  get(key) {
    try {
      return JSON.parse(this.storage.getItem(this.prefix + key));
    } catch (error) {
      return null;
    }
  }

  set(key, value) {
    try {
      this.storage.setItem(this.prefix + key, JSON.stringify(value));
    } catch (error) {
      this.storage = new MemoryStorage(); // full or blocked since: this page still works
      this.storage.setItem(this.prefix + key, JSON.stringify(value));
    }
  }

  remove(key) {
    this.storage.removeItem(this.prefix + key);
  }
}
