// SHA-256 (FIPS 180-4). The browser's own is there on HTTPS and on this machine only, and pages may be served to a local
// network without it.
const primes = (count) => {
  const found = [];
  for (let number = 2; found.length < count; number += 1) if (found.every((prime) => number % prime)) found.push(number);
  return found;
};

const fraction = (value) => ((value % 1) * 2 ** 32) | 0;

const K = Int32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)));

const turn = (word, by) => (word >>> by) | (word << (32 - by));

export class Sha256 {
  constructor() {
    this.state = START.slice();
    this.words = new Int32Array(64);
    this.rest = new Uint8Array(64);
    this.held = 0;
    this.length = 0;
  }

  update(bytes) {
    this.length += bytes.length;
    let at = 0;
    while (at < bytes.length) {
      const taken = Math.min(64 - this.held, bytes.length - at);
      this.rest.set(bytes.subarray(at, at + taken), this.held);
      this.held += taken;
      at += taken;
      if (this.held === 64) {
        this.block();
        this.held = 0;
      }
    }
    return this;
  }

  // The digest in hexadecimal; nothing can be added after it.
  hex() {
    const length = this.length;
    const padding = new Uint8Array(((119 - (length % 64)) % 64) + 9);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(length / 2 ** 29));
    view.setUint32(padding.length - 4, (length * 8) >>> 0);
    this.update(padding);
    return Array.from(this.state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  block() {
    const words = this.words;
    const view = new DataView(this.rest.buffer);
    for (let n = 0; n < 16; n += 1) words[n] = view.getInt32(n * 4);
    for (let n = 16; n < 64; n += 1) {
      const before = words[n - 15];
      const last = words[n - 2];
      const first = turn(before, 7) ^ turn(before, 18) ^ (before >>> 3);
      const second = turn(last, 17) ^ turn(last, 19) ^ (last >>> 10);
      words[n] = (words[n - 16] + first + words[n - 7] + second) | 0;
    }
    let [a, b, c, d, e, f, g, h] = this.state;
    for (let n = 0; n < 64; n += 1) {
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[n] + words[n]) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, n) => (this.state[n] = (this.state[n] + word) | 0));
  }
}
