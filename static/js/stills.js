// Stored frames in place of a video: the same face as Player (player.js), for boxes.js and whoever steers it.
import { clock } from "./times.js";

const TICK_MS = 200;

export class Stills {
  // `frames(t_s)` gives the moments of the stored frames around a moment, where they are known.
  constructor(element, address, length_s, query = "") {
    this.picture = element.querySelector("img");
    this.bar = element.querySelector('input[type="range"]');
    this.told = element.querySelector("output");
    this.button = element.querySelector('[data-still="toggle"]');
    this.address = address;
    this.length_s = length_s;
    this.query = query;
    this.frames = () => [];
    this.at_s = 0;
    this.timer = 0;
    this.callbacks = new Set();
    this.picture.addEventListener("load", () => this.#tell());
    this.bar.addEventListener("input", () => this.seek(Number(this.bar.value)));
    this.button.addEventListener("click", () => this.toggle());
  }

  get time_s() {
    return this.at_s;
  }

  get duration_s() {
    return this.length_s;
  }

  get paused() {
    return !this.timer;
  }

  get media() {
    return this.picture;
  }

  seek(t_s) {
    this.at_s = Math.min(this.length_s, Math.max(0, t_s));
    this.#show();
  }

  play() {
    if (this.timer) return;
    this.timer = setInterval(() => {
      if (this.at_s >= this.length_s) this.pause();
      else this.seek(this.at_s + TICK_MS / 1000);
    }, TICK_MS);
    this.#mark();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = 0;
    this.#mark();
  }

  toggle() {
    return this.paused ? this.play() : this.pause();
  }

  // To the next stored frame, or the one before.
  step(frames) {
    this.pause();
    const there = this.frames(this.at_s);
    const here = there.reduce((best, at, place) => (Math.abs(at - this.at_s) < Math.abs(there[best] - this.at_s) ? place : best), 0);
    const next = there[here + Math.sign(frames)];
    this.seek(next ?? this.at_s + Math.sign(frames));
  }

  onframe(callback) {
    this.callbacks.add(callback);
    return () => this.callbacks.delete(callback);
  }

  #mark() {
    this.button.setAttribute("aria-pressed", String(!this.paused));
    this.button.textContent = this.paused ? "Play frames" : "Stop";
  }

  #show() {
    this.bar.value = String(this.at_s);
    this.bar.setAttribute("aria-valuetext", clock(this.at_s));
    this.told.textContent = clock(this.at_s);
    const there = this.frames(this.at_s);
    const nearest = there.reduce((best, at) => (best === null || Math.abs(at - this.at_s) < Math.abs(best - this.at_s) ? at : best), null);
    const address = new URL(this.address, window.location.href);
    address.searchParams.set("t_s", (nearest ?? this.at_s).toFixed(3));
    address.searchParams.set("width_px", "960");
    const wanted = address.pathname + address.search;
    if (this.picture.getAttribute("src") !== wanted) {
      this.picture.src = wanted;
      this.picture.alt = `Stored frame at ${clock(nearest ?? this.at_s)}`;
    }
    this.#tell();
  }

  #tell() {
    for (const callback of this.callbacks) callback(this.at_s);
  }
}
