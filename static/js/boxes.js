// Outlines of brands over moving pictures. The server tells them ten seconds at a time (docs/pages.md, “Outlines”); between
// two samples of one thing its outline moves in a straight line.
import { ask } from "./server.js";

const KEPT = "mpr.boxes";
const WINDOW_S = 10;
const WINDOWS = 40;
// What starts so soon after another sample's end goes on from it.
const NEAR_S = 0.05;
const FONT_PX = 13;
const PAD_PX = 5;

const areOn = () => {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
};

const mix = (a, b, share) => a.map((value, place) => value + (b[place] - value) * share);

// A sample is [moment, start, end, counts, x, y, x, y, …]; the outline at a moment that it stands for, else null.
export const outline = (samples, t_s) => {
  let low = 0;
  let high = samples.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (samples[middle][2] > t_s) high = middle;
    else low = middle + 1;
  }
  const here = samples[low];
  if (!here || t_s < here[1] || t_s >= here[2]) return null;
  const corners = here.slice(4);
  const other = samples[t_s >= here[0] ? low + 1 : low - 1];
  if (!other || other.length !== here.length) return { counts: here[3], corners };
  const [first, second] = other[0] > here[0] ? [here, other] : [other, here];
  if (second[1] - first[2] > NEAR_S || second[0] <= first[0]) return { counts: here[3], corners };
  const share = (t_s - first[0]) / (second[0] - first[0]);
  return { counts: here[3], corners: mix(first.slice(4), second.slice(4), Math.min(1, Math.max(0, share))) };
};

const dark = (colour) => {
  const parts = colour.match(/^#(..)(..)(..)$/);
  if (!parts) return true;
  const [red, green, blue] = parts.slice(1).map((part) => parseInt(part, 16) / 255);
  return 0.2126 * red ** 2.2 + 0.7152 * green ** 2.2 + 0.0722 * blue ** 2.2 < 0.3;
};

export class Boxes {
  // `canvas` lies over `media`, a video or a picture that is shown whole (object-fit: contain); `player` tells `time_s` and
  // calls back on every frame (onframe); `address` is that of /jobs/{id}/boxes. `ontold` is called with who is visible
  // ({brand, colour, outlines}) whenever that changes, `onerror` with a ServerError, once until an answer comes again.
  constructor(canvas, player, address, { media = canvas.previousElementSibling, ontold = null, onerror = null, query = {} } = {}) {
    this.canvas = canvas;
    this.player = player;
    this.address = address;
    this.media = media;
    this.ontold = ontold;
    this.onerror = onerror;
    this.query = query;
    this.windows = new Map();
    this.failed = false;
    this.said = null;
    this.shown = areOn();
    canvas.setAttribute("aria-hidden", "true");
    player.onframe((t_s) => this.draw(t_s));
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    this.draw();
  }

  get on() {
    return this.shown;
  }

  set on(wanted) {
    this.shown = Boolean(wanted);
    try {
      localStorage.setItem(KEPT, this.shown ? "on" : "off");
    } catch {
      // A browser that keeps nothing still shows and hides them.
    }
    this.draw();
  }

  // A checkbox, or a button with aria-pressed, that shows and hides the outlines.
  obey(control) {
    const show = () => {
      if (control.type === "checkbox") control.checked = this.on;
      else control.setAttribute("aria-pressed", String(this.on));
    };
    control.addEventListener(control.type === "checkbox" ? "change" : "click", () => {
      this.on = control.type === "checkbox" ? control.checked : !this.on;
      show();
    });
    show();
  }

  // Whoever asks for other settings gets other outlines; what was fetched is forgotten.
  forget(query = this.query) {
    this.query = query;
    this.windows.clear();
    this.said = null;
    this.draw();
  }

  // What is visible at a moment: null until the server has answered.
  visible(t_s = this.player.time_s) {
    const told = this.#told(t_s);
    if (!told) return null;
    const found = new Map();
    for (const thing of told.things) {
      const seen = outline(thing.samples, t_s);
      if (!seen || !seen.counts) continue;
      const brand = told.brands[thing.brand];
      if (!found.has(brand.name)) found.set(brand.name, { brand: brand.name, colour: brand.colour, outlines: [] });
      found.get(brand.name).outlines.push(seen.corners);
    }
    return [...found.values()];
  }

  // The moments of stored frames around a moment; where no video plays, these can be looked at.
  frames(t_s = this.player.time_s) {
    return this.#told(t_s)?.frames ?? [];
  }

  draw(t_s = this.player.time_s) {
    const pen = this.#pen();
    const seen = this.visible(t_s);
    const words = seen ? seen.map(({ brand, outlines }) => `${brand} ${outlines.length}`).join("\n") : null;
    if (seen && words !== this.said) {
      this.said = words;
      this.ontold?.(seen, t_s);
    }
    if (!pen || !seen || !this.shown) return;
    const { left, top, width, height } = this.#picture();
    const place = (corners) => corners.map((value, number) => (number % 2 ? top + value * height : left + value * width));
    const labels = [];
    for (const { brand, colour, outlines } of seen) {
      const ink = this.#colour(colour);
      for (const corners of outlines.map(place)) {
        this.#outline(pen, corners, ink);
        labels.push([brand, corners, ink]);
      }
    }
    for (const [brand, corners, ink] of labels) this.#label(pen, brand, corners, ink, left + width, top);
  }

  #told(t_s) {
    const number = Math.max(0, Math.floor(t_s / WINDOW_S));
    const told = this.#window(number);
    // What comes next is there when it is wanted.
    if (t_s - number * WINDOW_S > WINDOW_S / 2) this.#window(number + 1);
    return told;
  }

  #window(number) {
    const kept = this.windows.get(number);
    if (kept) {
      this.windows.delete(number);
      this.windows.set(number, kept);
      return kept.told;
    }
    const entry = { told: null };
    this.windows.set(number, entry);
    if (this.windows.size > WINDOWS) this.windows.delete(this.windows.keys().next().value);
    this.#fetch(number, entry);
    return null;
  }

  async #fetch(number, entry) {
    const address = new URL(this.address, window.location.href);
    address.searchParams.set("from_s", String(number * WINDOW_S));
    address.searchParams.set("to_s", String((number + 1) * WINDOW_S));
    for (const [name, value] of Object.entries(this.query)) address.searchParams.set(name, value);
    try {
      entry.told = await ask(address.pathname + address.search);
      this.failed = false;
      this.draw();
    } catch (error) {
      if (!this.failed) this.onerror?.(error);
      this.failed = true;
      // It is asked for again, but not at every frame.
      setTimeout(() => this.windows.get(number) === entry && this.windows.delete(number), 3000);
    }
  }

  // Where in the canvas the picture lies, in CSS pixels.
  #picture() {
    const { clientWidth, clientHeight } = this.canvas;
    const across = this.media?.videoWidth || this.media?.naturalWidth || 16;
    const down = this.media?.videoHeight || this.media?.naturalHeight || 9;
    const scale = Math.min(clientWidth / across, clientHeight / down);
    const [width, height] = [across * scale, down * scale];
    return { left: (clientWidth - width) / 2, top: (clientHeight - height) / 2, width, height };
  }

  // The canvas, wiped, at the screen's own resolution.
  #pen() {
    const { canvas } = this;
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(canvas.clientWidth * scale), Math.round(canvas.clientHeight * scale)];
    if (!width || !height) return null;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    pen.font = `600 ${FONT_PX}px system-ui, sans-serif`;
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    return pen;
  }

  #colour(number) {
    return getComputedStyle(this.canvas).getPropertyValue(`--lane-${number}`).trim() || "#ffffff";
  }

  #outline(pen, corners, ink) {
    pen.beginPath();
    for (let number = 0; number < corners.length; number += 2) pen.lineTo(corners[number], corners[number + 1]);
    pen.closePath();
    pen.strokeStyle = "rgb(0 0 0 / .65)";
    pen.lineWidth = 5;
    pen.stroke();
    pen.strokeStyle = ink;
    pen.lineWidth = 2.5;
    pen.stroke();
  }

  #label(pen, brand, corners, ink, right, top) {
    const xs = corners.filter((_, number) => number % 2 === 0);
    const ys = corners.filter((_, number) => number % 2 === 1);
    const width = pen.measureText(brand).width + 2 * PAD_PX;
    const height = FONT_PX + PAD_PX;
    const x = Math.max(0, Math.min(Math.min(...xs), right - width));
    const above = Math.min(...ys) - height - 2;
    const y = above >= top ? above : Math.max(...ys) + 2;
    pen.fillStyle = ink;
    pen.fillRect(x, y, width, height);
    pen.fillStyle = dark(ink) ? "#ffffff" : "#000000";
    pen.fillText(brand, x + PAD_PX, y + height / 2);
  }
}
