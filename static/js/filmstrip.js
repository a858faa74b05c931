// Draws footage as a strip of pictures in time, with the chunks that are marked. Only the sheets that are in sight are
// fetched, so two hours cost no more than a minute.
import { clock } from "./player_bar.js";

const RULER_PX = 22;
const FOOT_PX = 14;
const TILE_PX = 112;
const GRIP_PX = 7;
const STEPS_S = [0.04, 0.2, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 3600];
const LEAST_SPAN_S = 1;

export class Filmstrip {
  #canvas;
  #marks;
  #sheets = new Map();
  #strips = [];
  #columns = 10;
  #tile = [160, 90];
  #tiles = [];
  #keyframes_s = [];
  #queued = false;
  #drag = null;
  duration_s;
  start_s = 0;
  span_s;
  time_s = 0;
  onseek = () => {};
  onview = () => {};

  constructor(canvas, marks, duration_s) {
    this.#canvas = canvas;
    this.#marks = marks;
    this.duration_s = duration_s;
    this.span_s = duration_s;
    marks.addEventListener("change", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    canvas.addEventListener("pointerdown", (event) => this.#grasp(event));
    canvas.addEventListener("pointermove", (event) => this.#pull(event));
    for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => (this.#drag = null));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  set footage({ strips, columns, tile_width_px, tile_height_px, keyframes_s }) {
    this.#strips = strips;
    this.#columns = columns;
    this.#tile = [tile_width_px, tile_height_px];
    this.#keyframes_s = keyframes_s;
    this.#tiles = strips.flatMap((strip) => strip.tiles_s.map((time_s, place) => ({ time_s, place, strip })));
    this.draw();
  }

  show(time_s, { follow = false } = {}) {
    this.time_s = time_s;
    const end_s = this.start_s + this.span_s;
    if (follow && (time_s < this.start_s || time_s > end_s)) this.view(time_s - this.span_s / 10, this.span_s);
    this.#canvas.setAttribute("aria-valuenow", time_s.toFixed(3));
    this.#canvas.setAttribute("aria-valuetext", clock(time_s));
    this.draw();
  }

  view(start_s, span_s) {
    this.span_s = Math.min(this.duration_s, Math.max(LEAST_SPAN_S, span_s));
    this.start_s = Math.min(this.duration_s - this.span_s, Math.max(0, start_s));
    this.onview();
    this.draw();
  }

  zoom(factor, around_s = this.time_s) {
    const span_s = Math.min(this.duration_s, Math.max(LEAST_SPAN_S, this.span_s * factor));
    const inside = around_s >= this.start_s && around_s <= this.start_s + this.span_s;
    const share = inside ? (around_s - this.start_s) / this.span_s : 0.5;
    this.view(around_s - share * span_s, span_s);
  }

  draw() {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      this.#paint();
    });
  }

  #x(time_s) {
    return ((time_s - this.start_s) / this.span_s) * this.#canvas.clientWidth;
  }

  #timeAt(event) {
    const box = this.#canvas.getBoundingClientRect();
    const time_s = this.start_s + ((event.clientX - box.left) / box.width) * this.span_s;
    return Math.min(this.duration_s, Math.max(0, time_s));
  }

  #edgeAt(event) {
    const x = event.clientX - this.#canvas.getBoundingClientRect().left;
    let best = null;
    this.#marks.ranges.forEach((range, place) => {
      for (const edge of ["start_s", "end_s"]) {
        const off = Math.abs(this.#x(range[edge]) - x);
        // Where two chunks meet, the side from which it is taken decides.
        const side = edge === "start_s" ? x >= this.#x(range[edge]) : x <= this.#x(range[edge]);
        if (off <= GRIP_PX && (!best || off < best.off || (off === best.off && side))) best = { place, edge, off };
      }
    });
    return best;
  }

  #grasp(event) {
    if (event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    const edge = this.#edgeAt(event);
    this.#drag = edge ? { ...edge, isFirst: true } : { seeks: true };
    if (!edge) this.onseek(this.#timeAt(event));
  }

  #pull(event) {
    if (!this.#drag) {
      this.#canvas.toggleAttribute("data-edge", this.#edgeAt(event) !== null);
      return;
    }
    const time_s = this.#timeAt(event);
    if (!this.#drag.seeks) {
      this.#marks.move(this.#drag.place, this.#drag.edge, time_s, this.#drag.isFirst);
      this.#drag.isFirst = false;
    }
    this.onseek(time_s);
  }

  #wheel(event) {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.zoom(Math.exp(event.deltaY / 300), this.#timeAt(event));
      return;
    }
    const across = event.shiftKey ? event.deltaY : event.deltaX;
    if (!across || this.span_s >= this.duration_s) return;
    event.preventDefault();
    this.view(this.start_s + (across / this.#canvas.clientWidth) * this.span_s, this.span_s);
  }

  #sheet(strip) {
    let picture = this.#sheets.get(strip.sheet);
    if (!picture) {
      picture = new Image();
      picture.addEventListener("load", () => this.draw());
      picture.src = strip.sheet;
      this.#sheets.set(strip.sheet, picture);
    }
    return picture.complete && picture.naturalWidth ? picture : null;
  }

  // The last picture at or before a moment, else the first.
  #tileAt(time_s) {
    let low = 0;
    let high = this.#tiles.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#tiles[middle].time_s <= time_s + 1e-3) low = middle + 1;
      else high = middle;
    }
    return this.#tiles[Math.max(0, low - 1)];
  }

  #paint() {
    const canvas = this.#canvas;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    const scale = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    this.#paintTiles(pen, width, height, colour);
    this.#paintRuler(pen, width, colour);
    this.#paintKeyframes(pen, width, height, colour);
    this.#paintRanges(pen, width, height, colour);
    const x = this.#x(this.time_s);
    pen.fillStyle = colour("bad");
    pen.fillRect(x - 1, 0, 2, height);
    pen.beginPath();
    pen.moveTo(x - 6, 0);
    pen.lineTo(x + 6, 0);
    pen.lineTo(x, 8);
    pen.fill();
  }

  #paintTiles(pen, width, height, colour) {
    const tall = height - RULER_PX - FOOT_PX;
    const wide = Math.max(48, Math.min(TILE_PX, (tall * this.#tile[0]) / this.#tile[1]));
    pen.fillStyle = colour("sunken");
    pen.fillRect(0, RULER_PX, width, tall);
    if (!this.#tiles.length) return;
    const slot_s = (wide / width) * this.span_s;
    for (let slot = Math.floor(this.start_s / slot_s); slot * slot_s < this.start_s + this.span_s; slot += 1) {
      const tile = this.#tileAt(slot * slot_s);
      const sheet = tile?.strip.sheet && this.#sheet(tile.strip);
      if (!sheet) continue;
      const from = [(tile.place % this.#columns) * this.#tile[0], Math.floor(tile.place / this.#columns) * this.#tile[1]];
      pen.drawImage(sheet, ...from, ...this.#tile, this.#x(slot * slot_s), RULER_PX, wide, tall);
    }
  }

  #paintRuler(pen, width, colour) {
    const step_s = STEPS_S.find((step) => (step / this.span_s) * width >= 88) ?? STEPS_S.at(-1);
    pen.fillStyle = colour("ink-soft");
    pen.font = "12px system-ui, sans-serif";
    for (let at = Math.ceil(this.start_s / step_s); at * step_s <= this.start_s + this.span_s; at += 1) {
      const time_s = at * step_s;
      const text = step_s < 1 ? clock(time_s) : clock(time_s).slice(0, -4);
      const x = this.#x(time_s);
      pen.fillRect(x, RULER_PX - 5, 1, 5);
      if (x + pen.measureText(text).width + 6 < width) pen.fillText(text, x + 3, 13);
    }
  }

  #paintKeyframes(pen, width, height, colour) {
    pen.fillStyle = colour("line-strong");
    const seen = this.#keyframes_s.filter((mark_s) => mark_s >= this.start_s && mark_s <= this.start_s + this.span_s);
    if (seen.length > width / 3) return;
    for (const mark_s of seen) pen.fillRect(this.#x(mark_s), height - FOOT_PX + 4, 1, FOOT_PX - 4);
  }

  #paintRanges(pen, width, height, colour) {
    const { ranges, pending_s } = this.#marks;
    const tall = height - RULER_PX - FOOT_PX;
    if (ranges.length) {
      // What no chunk covers is dimmed.
      pen.fillStyle = "rgb(0 0 0 / .62)";
      let from_s = 0;
      for (const range of [...ranges, { start_s: this.duration_s, end_s: this.duration_s }]) {
        const [left, right] = [this.#x(from_s), this.#x(range.start_s)];
        if (right > left) pen.fillRect(left, RULER_PX, right - left, tall);
        from_s = range.end_s;
      }
    }
    for (const range of ranges) {
      const [left, right] = [this.#x(range.start_s), this.#x(range.end_s)];
      if (right < 0 || left > width) continue;
      pen.fillStyle = colour("accent");
      pen.fillRect(left, RULER_PX, right - left, 4);
      pen.fillRect(left, height - FOOT_PX - 4, right - left, 4);
      for (const x of [left, right]) pen.fillRect(x - 2, RULER_PX, 4, tall);
      const real = this.#marks.real(range);
      pen.fillStyle = colour("warn");
      for (const edge of ["start_s", "end_s"]) {
        if (Math.abs(real[edge] - range[edge]) > 0.001) pen.fillRect(this.#x(real[edge]) - 1, RULER_PX, 2, tall + FOOT_PX);
      }
    }
    if (pending_s !== null) {
      pen.fillStyle = colour("accent");
      pen.fillRect(this.#x(pending_s) - 2, RULER_PX - 4, 4, tall + 4);
    }
  }
}
