// What a person decided, on its way to the server: sent in order, one at a time, kept in the browser until the server
// has it. When the line breaks it is sent again by itself; a batch that came through twice counts once.
import { ask } from "../server.js";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15000;
const NAME = "mpr.review.window";

// The same after a reload, another one in another window.
const windowName = () => {
  try {
    const known = sessionStorage.getItem(NAME) ?? String(Math.random()).slice(2);
    sessionStorage.setItem(NAME, known);
    return known;
  } catch {
    return "0";
  }
};

export class Outbox {
  #kept;
  #entries = [];
  #busy = false;
  #timer = 0;
  #wait_ms = FIRST_WAIT_MS;
  #told;

  // `kept` names where it is kept, for each window by itself; `told` has done(entry, answer), refused(entry, error) and changed(outbox).
  constructor(kept, told) {
    this.#kept = `${kept}.${windowName()}`;
    this.#told = told;
    this.#entries = [...this.#leftBehind(kept), ...this.#read(this.#kept)];
    window.addEventListener("online", () => this.#soon(0));
    window.addEventListener("beforeunload", (event) => {
      if (this.#entries.length && !this.#write()) event.preventDefault();
    });
  }

  get length() {
    return this.#entries.length;
  }

  get isBroken() {
    return this.#timer !== 0;
  }

  // `entry` is {address, body, …}; what else is in it comes back with the answer.
  put(entry) {
    this.#entries.push(entry);
    this.#write();
    this.#told.changed(this);
    this.#send();
  }

  // Takes back the last entry when it has not been sent yet; null when it has, or when there is none.
  takeBack() {
    const last = this.#entries.length - 1;
    if (last < 0 || (last === 0 && this.#busy) || this.#entries[last].tried) return null;
    const entry = this.#entries.pop();
    this.#write();
    this.#told.changed(this);
    return entry;
  }

  start() {
    this.#told.changed(this);
    this.#send();
  }

  async #send() {
    if (this.#busy || this.#timer || !this.#entries.length) return;
    this.#busy = true;
    const entry = this.#entries[0];
    try {
      entry.tried = true;
      this.#write();
      const answer = await ask(entry.address, { method: "POST", body: entry.body });
      this.#wait_ms = FIRST_WAIT_MS;
      this.#settled(() => this.#told.done(entry, answer));
    } catch (error) {
      const passing = error.status === 0 || error.status === 429 || error.status >= 500;
      if (!passing) {
        this.#settled(() => this.#told.refused(entry, error));
      } else {
        this.#busy = false;
        this.#soon(this.#wait_ms);
        this.#wait_ms = Math.min(LONGEST_WAIT_MS, this.#wait_ms * 2);
        this.#told.changed(this);
      }
    }
  }

  #settled(tell) {
    this.#entries.shift();
    this.#busy = false;
    this.#write();
    tell();
    this.#told.changed(this);
    this.#send();
  }

  #soon(wait_ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#send();
    }, wait_ms);
  }

  // What another window had not sent when it was closed. One that is still open has it in hand, too, and what
  // comes twice counts once; an undo does not, so it stays with its window.
  #leftBehind(kept) {
    try {
      const others = Object.keys(localStorage).filter((key) => key.startsWith(`${kept}.`) && key !== this.#kept);
      const found = others.flatMap((key) => this.#read(key)).filter((entry) => entry.kind !== "undo");
      for (const key of others) localStorage.removeItem(key);
      return found;
    } catch {
      return [];
    }
  }

  #read(key) {
    try {
      const found = JSON.parse(localStorage.getItem(key) ?? "[]");
      return Array.isArray(found) ? found : [];
    } catch {
      return [];
    }
  }

  // Says whether the browser kept it.
  #write() {
    try {
      if (this.#entries.length) localStorage.setItem(this.#kept, JSON.stringify(this.#entries));
      else localStorage.removeItem(this.#kept);
      return true;
    } catch {
      return false;
    }
  }
}
