// Sends a file in parts: to our server, part by part from the offset it has come to, or to the bucket, to addresses that
// the server signs. Whatever is cut off goes on by itself; the same file, chosen again, goes on from where it was.
import { ask, ServerError } from "./server.js";
import { Sha256 } from "./sha256.js";

const SAMPLE_BYTES = 256 * 1024;
const AT_ONCE = 3;
const ADDRESSES_AT_ONCE = 20;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30000;
const UNREADABLE = "The file can no longer be read here; choose it again to go on.";
const REFUSED = "The storage refused a part of it. An operator finds out more with “mpr doctor”; then try again.";
const UNREACHED = "The storage cannot be reached from this browser; its CORS rules may not allow it (“mpr doctor” tells).";

export const address = "/api/detect/uploads";

// Something that passes: it is tried again.
class Passing extends Error {}

// What a file is known by: its size, and samples of its beginning, middle and end.
export const fingerprint = async (file) => {
  const hash = new Sha256();
  hash.update(new TextEncoder().encode(`${file.size}\n`));
  const last = Math.max(0, file.size - SAMPLE_BYTES);
  for (const start of new Set([0, Math.floor(last / 2), last])) {
    hash.update(new Uint8Array(await file.slice(start, start + SAMPLE_BYTES).arrayBuffer()));
  }
  return hash.hex();
};

const send = (method, to, body, headers, { onprogress, signal }) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    const over = (act) => () => {
      signal.removeEventListener("abort", stop);
      act();
    };
    request.open(method, to);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => onprogress(event.loaded));
    request.addEventListener("load", over(() => resolve(request)));
    request.addEventListener("error", over(() => resolve(null)));
    request.addEventListener("abort", over(() => reject(new DOMException("stopped", "AbortError"))));
    if (signal.aborted) reject(new DOMException("stopped", "AbortError"));
    else {
      signal.addEventListener("abort", stop);
      request.send(body);
    }
  });

const sentence = (request) => {
  try {
    return JSON.parse(request.responseText).error.message;
  } catch {
    return `The server refused a part (${request.status}); try again.`;
  }
};

// Our server says 500 of what is wrong for good, such as a storage that refuses its keys; a bucket of what passes.
const passes = (status) => [0, 408, 429, 502, 503, 504].includes(status);
const passesInBucket = (status) => passes(status) || status === 500;

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

// Tells "change" whenever something of it changes. `state` is queued, sending, lost, paused, finishing, done, failed or
// cancelled; `sent` counts bytes, `rate` bytes a second; `message` says why it failed or waits.
export class Upload extends EventTarget {
  constructor(file, { workspace = null } = {}) {
    super();
    Object.assign(this, { file, workspace, id: null, state: "queued", sent: 0, rate: 0, message: "", resumed: false });
    this.tries = 0;
    this.stopping = null;
  }

  get share() {
    return this.file.size ? Math.min(1, this.sent / this.file.size) : 0;
  }

  start() {
    if (["sending", "finishing", "done", "cancelled"].includes(this.state)) return;
    this.wake?.();
    this.stopping = new AbortController();
    this.become("sending");
    this.run(this.stopping.signal);
  }

  pause() {
    if (!["queued", "sending", "lost"].includes(this.state)) return;
    this.stopping?.abort();
    this.become("paused");
  }

  async cancel() {
    this.stopping?.abort();
    this.become("cancelled");
    if (this.id) await ask(`${address}/${this.id}`, { method: "DELETE" });
  }

  become(state, message = "") {
    this.state = state;
    this.message = message;
    if (state !== "sending") this.rate = 0;
    this.tell();
  }

  tell() {
    this.dispatchEvent(new Event("change"));
  }

  // The bytes that are on their way now count as sent while they are.
  note(sent) {
    const now = performance.now();
    if (this.noted && now > this.noted.at + 400) {
      const rate = Math.max(0, (1000 * (sent - this.noted.sent)) / (now - this.noted.at));
      this.rate = this.rate ? 0.7 * this.rate + 0.3 * rate : rate;
      this.noted = { at: now, sent };
    }
    this.noted ??= { at: now, sent };
    this.sent = sent;
    this.tell();
  }

  async run(signal) {
    while (!signal.aborted) {
      try {
        await this.once(signal);
        return;
      } catch (error) {
        if (signal.aborted || error.name === "AbortError") return;
        if (error instanceof Passing || (error instanceof ServerError && passes(error.status))) {
          this.become("lost", error.message);
          await this.rest(signal);
          if (!signal.aborted) this.become("sending");
        } else {
          // What was never begun and is wrong by itself is not mended by trying again.
          this.isFinal = !this.id && [400, 403, 404].includes(error.status);
          this.become("failed", error.name === "NotReadableError" || error.name === "NotFoundError" ? UNREADABLE : error.message);
          return;
        }
      }
    }
  }

  async once(signal) {
    const told = this.id ? await ask(`${address}/${this.id}`, { signal }) : await this.begin(signal);
    this.noted = null;
    if (told.state === "open") {
      this.note(told.received);
      if (told.way === "bucket") await this.toBucket(told, signal);
      else await this.toServer(told, signal);
    }
    this.become("finishing");
    await ask(`${address}/${this.id}/finish`, { method: "POST", signal });
    this.sent = this.file.size;
    this.become("done");
  }

  async begin(signal) {
    const body = { filename: this.file.name, size: this.file.size, fingerprint: await fingerprint(this.file) };
    if (this.workspace) body.workspace = this.workspace;
    const told = await ask(address, { method: "POST", body, signal });
    this.id = told.id;
    this.resumed = told.received > 0;
    return told;
  }

  async toServer(told, signal) {
    let offset = told.received;
    let astray = 0;
    while (offset < this.file.size) {
      const part = this.file.slice(offset, offset + told.part_size);
      const headers = { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream", "X-CSRFToken": token() };
      const begun = offset;
      const onprogress = (loaded) => this.note(begun + loaded);
      const answer = await send("PATCH", `${address}/${this.id}`, part, headers, { onprogress, signal });
      if (!answer || passes(answer.status)) await this.askAgain(part, answer);
      const now = Number(answer.getResponseHeader("Upload-Offset"));
      if (answer.status === 409 && answer.getResponseHeader("Upload-Offset") !== null && astray < 5) {
        astray += 1;
      } else if (answer.status !== 200) {
        throw new ServerError(sentence(answer), answer.status);
      } else {
        astray = 0;
        this.tries = 0;
      }
      offset = now;
      this.note(offset);
    }
  }

  async toBucket(told, signal) {
    const waiting = [...told.missing_parts];
    const bytes = (number) => Math.min(told.part_size, this.file.size - (number - 1) * told.part_size);
    let whole = this.file.size - waiting.reduce((sum, number) => sum + bytes(number), 0);
    const under = new Map();
    const addresses = new Map();
    const tell = () => this.note(whole + [...under.values()].reduce((sum, loaded) => sum + loaded, 0));
    let asking = null;
    const addressOf = async (number) => {
      while (!addresses.has(number)) {
        asking ??= (async () => {
          const numbers = [number, ...waiting.slice(0, ADDRESSES_AT_ONCE - 1)];
          const answer = await ask(`${address}/${this.id}/parts`, { method: "POST", body: { numbers }, signal });
          for (const part of answer.parts) addresses.set(part.number, part.address);
        })();
        try {
          await asking;
        } finally {
          asking = null;
        }
      }
      return addresses.get(number);
    };
    // Whoever fails stops the others: what they have under way is sent again later.
    const together = new AbortController();
    const stop = () => together.abort();
    signal.addEventListener("abort", stop);
    const work = async () => {
      while (waiting.length && !together.signal.aborted) {
        const number = waiting.shift();
        const part = this.file.slice((number - 1) * told.part_size, (number - 1) * told.part_size + bytes(number));
        const onprogress = (loaded) => {
          under.set(number, loaded);
          tell();
        };
        const answer = await send("PUT", await addressOf(number), part, {}, { onprogress, signal: together.signal });
        under.delete(number);
        if (!answer || passesInBucket(answer.status)) await this.askAgain(part, null, this.tries > 2 ? UNREACHED : "");
        if (answer.status !== 200) {
          // An address that is too old is asked for anew; a second refusal is meant.
          if (this.tries > 1) throw new ServerError(answer.status === 507 ? "The storage is full; free some space, then try again." : REFUSED, answer.status);
          throw this.passing(REFUSED);
        }
        this.tries = 0;
        whole += bytes(number);
        tell();
      }
    };
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    } catch (error) {
      together.abort();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  // Throws: what nobody answered is tried again, unless the file itself can no longer be read.
  async askAgain(part, answer, message = "") {
    await part.slice(0, 1).arrayBuffer();
    throw this.passing(message || (answer ? sentence(answer) : "The connection was lost; it goes on by itself."));
  }

  passing(message) {
    this.tries += 1;
    return new Passing(message);
  }

  // Longer each time, but no longer than until the browser says that it is online again.
  rest(signal) {
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(5, Math.max(0, this.tries - 1)));
    this.tries = Math.max(1, this.tries);
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        window.removeEventListener("online", done);
        signal.removeEventListener("abort", done);
        this.wake = null;
        resolve();
      };
      const timer = setTimeout(done, wait * (0.75 + Math.random() / 2));
      this.wake = done;
      window.addEventListener("online", done);
      signal.addEventListener("abort", done);
    });
  }
}
