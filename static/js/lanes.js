// The brand timeline: one lane a brand, drawn on a canvas. Only what is in view is asked for, in as much detail as it has
// room for, and only the rows in view are drawn.
import { ask } from "./server.js";
import { clock } from "./times.js";

const ROW_PX = 26;
const BAR_PX = 16;
const AXIS_PX = 24;
const MAP_PX = 44;
const LEAST_S = 2;
const ZOOM = 1.6;
const DRAG_PX = 4;
const WAIT_MS = 90;
const STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const TICK_PX = 96;
const LEFT_OPEN = "Left open";

const bytes = (text) => Uint8Array.from(atob(text || ""), (sign) => sign.charCodeAt(0));

export class Lanes {
  constructor(element, { query = "", onseek, onerror, onbrand }) {
    this.element = element;
    this.length_s = Number(element.dataset.length);
    this.query = query;
    this.onseek = onseek;
    this.onerror = onerror;
    this.onbrand = onbrand;
    this.from_s = 0;
    this.to_s = this.length_s;
    this.at_s = 0;
    this.only = "";
    this.whole = null;
    this.part = null;
    this.waits = 0;
    this.asked = null;
    this.pointers = new Map();
    this.names = element.querySelector(".lane-names");
    this.view = element.querySelector(".lanes-view");
    this.canvas = element.querySelector(".lanes-canvas");
    this.map = element.querySelector(".lanes-map");
    this.body = element.querySelector(".lanes-body");
    this.said = element.querySelector(".lane-at");
    this.drawn = 0;
    this.#listen();
    this.#load();
  }

  // Other settings, other lanes.
  forget(query) {
    this.query = query;
    this.whole = null;
    this.part = null;
    this.#load();
  }

  // Where the video is. A playhead that leaves the view while it plays takes the view along.
  time(t_s, follow = false) {
    if (Math.abs(t_s - this.at_s) < 0.001) return;
    this.at_s = t_s;
    if (follow && (t_s < this.from_s || t_s > this.to_s)) {
      const span = this.to_s - this.from_s;
      this.show(t_s - span * 0.1, t_s + span * 0.9);
    }
    this.view.setAttribute("aria-valuenow", String(Math.round(t_s)));
    this.view.setAttribute("aria-valuetext", clock(t_s));
    this.draw();
  }

  // Makes [from_s, to_s) the view, as far as there is video.
  show(from_s, to_s) {
    const span = Math.min(this.length_s, Math.max(LEAST_S, to_s - from_s));
    this.from_s = Math.min(Math.max(0, from_s), this.length_s - span);
    this.to_s = this.from_s + span;
    this.draw();
    this.#soon();
  }

  // In around a moment with a factor above 1, out with one below.
  zoom(factor, around_s = (this.from_s + this.to_s) / 2) {
    const share = (around_s - this.from_s) / (this.to_s - this.from_s);
    const span = Math.min(this.length_s, Math.max(LEAST_S, (this.to_s - this.from_s) / factor));
    this.show(around_s - share * span, around_s + (1 - share) * span);
  }

  zoomTo(word) {
    const here = this.at_s >= this.from_s && this.at_s <= this.to_s ? this.at_s : undefined;
    if (word === "all") this.show(0, this.length_s);
    else this.zoom(word === "in" ? ZOOM : 1 / ZOOM, here);
  }

  draw() {
    if (this.drawn) return;
    this.drawn = requestAnimationFrame(() => {
      this.drawn = 0;
      this.#draw();
      this.#drawMap();
    });
  }

  // --- asking

  #soon() {
    clearTimeout(this.waits);
    this.waits = setTimeout(() => this.#load(), WAIT_MS);
  }

  // The whole once, and of what is in view a part with half as much on either side when the whole is too coarse for it.
  async #load() {
    try {
      if (!this.whole) {
        this.whole = await this.#ask(0, this.length_s);
        this.#name();
      }
      const span = this.to_s - this.from_s;
      const enough = (told) => told && told.from_s <= this.from_s && told.to_s >= this.to_s && (!told.columns || told.to_s - told.from_s <= 2.5 * span);
      if (!enough(this.whole) && !enough(this.part)) {
        this.part = await this.#ask(Math.max(0, this.from_s - span / 2), Math.min(this.length_s, this.to_s + span / 2));
      }
    } catch (error) {
      if (error.name !== "AbortError") this.onerror?.(error);
    }
    this.draw();
  }

  #ask(from_s, to_s) {
    this.asked?.abort();
    this.asked = new AbortController();
    const address = new URL(this.element.dataset.lanes, window.location.href);
    address.search = this.query;
    address.searchParams.set("from_s", from_s.toFixed(3));
    address.searchParams.set("to_s", to_s.toFixed(3));
    address.searchParams.set("columns", String(Math.min(4000, Math.max(300, Math.round(this.canvas.clientWidth * 1.5)))));
    return ask(address.pathname + address.search, { signal: this.asked.signal });
  }

  get #told() {
    const { part, whole } = this;
    return part && part.from_s <= this.from_s + 0.01 && part.to_s >= this.to_s - 0.01 ? part : whole;
  }

  #name() {
    const rows = this.whole.brands.map(({ name, colour }) => {
      const row = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "lane-button";
      button.title = `Only ${name}: J and K go to its airings`;
      button.setAttribute("aria-pressed", String(this.only === name));
      const swatch = document.createElement("i");
      swatch.className = `swatch lane-${colour}`;
      swatch.setAttribute("aria-hidden", "true");
      button.append(swatch, name);
      button.addEventListener("click", () => this.#choose(this.only === name ? "" : name));
      row.append(button);
      return row;
    });
    if (this.whole.open_count) {
      const row = document.createElement("li");
      row.className = "lane-quiet";
      row.textContent = LEFT_OPEN;
      rows.push(row);
    }
    this.names.replaceChildren(...rows);
    this.view.style.height = `${rows.length * ROW_PX + AXIS_PX}px`;
  }

  #choose(name) {
    this.only = name;
    for (const button of this.names.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.textContent === name));
    }
    this.onbrand?.(name);
    this.draw();
  }

  // --- drawing

  #x(t_s, width) {
    return ((t_s - this.from_s) / (this.to_s - this.from_s)) * width;
  }

  #pen(canvas, width, height) {
    const scale = window.devicePixelRatio || 1;
    const [across, down] = [Math.round(width * scale), Math.round(height * scale)];
    if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    return pen;
  }

  #inks() {
    const style = getComputedStyle(this.element);
    const ink = (name) => style.getPropertyValue(`--${name}`).trim();
    return {
      lanes: [...Array(8).keys()].map((number) => ink(`lane-${number}`)),
      ground: ink("sunken"), line: ink("line-strong"), ink: ink("ink"), soft: ink("ink-soft"), accent: ink("accent"),
      good: ink("good"), bad: ink("bad"), surface: ink("surface"), wash: ink("accent-wash"),
    };
  }

  #draw() {
    const width = this.view.clientWidth;
    const height = Math.min(this.view.clientHeight, this.body.clientHeight);
    const told = this.#told;
    if (!told || !width || !height) return;
    this.canvas.style.height = `${height}px`;
    const pen = this.#pen(this.canvas, width, height);
    const inks = this.#inks();
    const top = this.body.scrollTop;
    const floor = height - AXIS_PX;
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, width, floor);
    pen.clip();
    this.#replays(pen, told, width, floor, inks);
    // Where the names have no room beside the lanes they are written in.
    const narrow = this.names.offsetTop + this.names.offsetHeight <= this.view.offsetTop;
    const last = told.open_count ? told.brands.length + 1 : told.brands.length;
    for (let row = Math.floor(top / ROW_PX); row < last && row * ROW_PX - top < floor; row += 1) {
      const y = row * ROW_PX - top + (ROW_PX - BAR_PX) / 2;
      pen.globalAlpha = 1;
      pen.fillStyle = inks.ground;
      pen.fillRect(0, y, width, BAR_PX);
      const brand = told.brands[row];
      if (!brand) this.#open(pen, told, y, width, inks);
      else {
        pen.globalAlpha = this.only && this.only !== brand.name ? 0.3 : 1;
        if (told.columns) this.#coarse(pen, told, brand, y, width, inks);
        else this.#fine(pen, brand, y, width, inks);
      }
      if (narrow) this.#label(pen, brand?.name ?? LEFT_OPEN, y, inks);
    }
    pen.globalAlpha = 1;
    this.#cuts(pen, told, width, floor, inks);
    pen.restore();
    this.#axis(pen, width, floor, inks);
    const x = this.#x(this.at_s, width);
    pen.fillStyle = inks.accent;
    pen.fillRect(x - 1, 0, 2, floor);
    pen.beginPath();
    pen.moveTo(x - 6, floor + 8);
    pen.lineTo(x + 6, floor + 8);
    pen.lineTo(x, floor);
    pen.fill();
  }

  #fine(pen, brand, y, width, inks) {
    const colour = inks.lanes[brand.colour];
    const full = pen.globalAlpha;
    pen.fillStyle = colour;
    pen.globalAlpha = full * 0.5;
    for (const [start, end] of brand.short) {
      const x = this.#x(start, width);
      pen.fillRect(x, y + BAR_PX / 3, Math.max(1, this.#x(end, width) - x), BAR_PX / 3);
    }
    pen.globalAlpha = full;
    for (const [start, end, , , state] of brand.airings) {
      const x = this.#x(start, width);
      const across = Math.max(1.5, this.#x(end, width) - x);
      if (x > width || x + across < 0) continue;
      if (state === 2) this.#rejected(pen, x, y, across, colour, inks);
      else {
        pen.fillStyle = colour;
        pen.fillRect(x, y, across, BAR_PX);
      }
      if (state === 1) {
        pen.fillStyle = inks.good;
        pen.fillRect(x, y + BAR_PX + 1, across, 3);
      }
    }
  }

  #label(pen, name, y, inks) {
    pen.font = "600 11px system-ui, sans-serif";
    pen.textBaseline = "middle";
    pen.globalAlpha = 0.8;
    pen.fillStyle = inks.surface;
    pen.fillRect(2, y + 1, pen.measureText(name).width + 6, BAR_PX - 2);
    pen.globalAlpha = 1;
    pen.fillStyle = inks.ink;
    pen.fillText(name, 5, y + BAR_PX / 2 + 0.5);
  }

  // Hollow, with a line through it.
  #rejected(pen, x, y, across, colour, inks) {
    pen.strokeStyle = colour;
    pen.lineWidth = 1.5;
    pen.strokeRect(x + 0.75, y + 0.75, Math.max(1, across - 1.5), BAR_PX - 1.5);
    pen.strokeStyle = inks.bad;
    pen.beginPath();
    pen.moveTo(x, y + BAR_PX);
    pen.lineTo(x + across, y);
    pen.stroke();
  }

  #coarse(pen, told, brand, y, width, inks) {
    brand.shares ??= bytes(brand.filled);
    brand.marks ??= bytes(brand.reviewed);
    const each_s = (told.to_s - told.from_s) / told.columns;
    const full = pen.globalAlpha;
    for (let column = Math.max(0, Math.floor((this.from_s - told.from_s) / each_s)); column < told.columns; column += 1) {
      const x = this.#x(told.from_s + column * each_s, width);
      if (x > width) break;
      const across = Math.max(1, this.#x(told.from_s + (column + 1) * each_s, width) - x);
      const share = brand.shares[column];
      if (share) {
        pen.globalAlpha = full * (0.35 + (0.65 * share) / 100);
        pen.fillStyle = inks.lanes[brand.colour];
        pen.fillRect(x, y, across + 0.5, BAR_PX);
      }
      if (brand.marks[column]) {
        pen.globalAlpha = full;
        pen.fillStyle = brand.marks[column] === 1 ? inks.good : inks.bad;
        pen.fillRect(x, brand.marks[column] === 1 ? y + BAR_PX + 1 : y - 4, across + 0.5, 3);
      }
    }
    pen.globalAlpha = full;
  }

  #open(pen, told, y, width, inks) {
    pen.strokeStyle = inks.soft;
    pen.fillStyle = inks.soft;
    pen.lineWidth = 1.5;
    if (told.open) {
      for (const [start, end] of told.open) {
        const x = this.#x(start, width);
        pen.strokeRect(x, y + 2, Math.max(3, this.#x(end, width) - x), BAR_PX - 4);
      }
      return;
    }
    told.opens ??= bytes(told.open_columns);
    const each_s = (told.to_s - told.from_s) / told.opens.length;
    for (let column = 0; column < told.opens.length; column += 1) {
      if (!told.opens[column]) continue;
      const x = this.#x(told.from_s + column * each_s, width);
      pen.fillRect(x, y + 5, Math.max(1, this.#x(told.from_s + (column + 1) * each_s, width) - x), BAR_PX - 10);
    }
  }

  #cuts(pen, told, width, floor, inks) {
    if (!told.cuts) return;
    pen.fillStyle = inks.line;
    pen.globalAlpha = told.cuts.length > width / 8 ? 0.4 : 0.9;
    for (const cut of told.cuts) pen.fillRect(Math.round(this.#x(cut, width)), 0, 1, floor);
    pen.globalAlpha = 1;
  }

  #replays(pen, told, width, floor, inks) {
    pen.fillStyle = inks.wash;
    for (const [start, end] of told.replays) {
      const x = this.#x(start, width);
      pen.fillRect(x, 0, this.#x(end, width) - x, floor);
    }
  }

  #axis(pen, width, floor, inks) {
    const span = this.to_s - this.from_s;
    const step = STEPS_S.find((wide) => (wide / span) * width >= TICK_PX) ?? STEPS_S.at(-1);
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    pen.fillStyle = inks.soft;
    for (let t_s = Math.ceil(this.from_s / step) * step; t_s <= this.to_s; t_s += step) {
      const x = this.#x(t_s, width);
      pen.fillRect(x, floor, 1, 5);
      const text = clock(t_s, step < 1);
      const across = pen.measureText(text).width;
      pen.fillText(text, Math.min(width - across, Math.max(0, x - across / 2)), floor + 15);
    }
  }

  // All of the video: how many brands are seen when, and what part is in view.
  #drawMap() {
    const width = this.map.clientWidth;
    if (!this.whole || !width) return;
    const pen = this.#pen(this.map, width, MAP_PX);
    const inks = this.#inks();
    this.sums ??= new Map();
    if (!this.sums.has(this.whole)) this.sums = new Map([[this.whole, this.#sum(this.whole)]]);
    const sum = this.sums.get(this.whole);
    const most = Math.max(1, ...sum);
    pen.fillStyle = inks.ground;
    pen.fillRect(0, 0, width, MAP_PX);
    pen.fillStyle = inks.soft;
    const each = width / sum.length;
    sum.forEach((value, column) => {
      const down = (value / most) * (MAP_PX - 6);
      if (value) pen.fillRect(column * each, MAP_PX - down, each + 0.5, down);
    });
    const x = (this.from_s / this.length_s) * width;
    const across = Math.max(4, ((this.to_s - this.from_s) / this.length_s) * width);
    pen.fillStyle = inks.accent;
    pen.globalAlpha = 0.16;
    pen.fillRect(x, 0, across, MAP_PX);
    pen.globalAlpha = 1;
    pen.strokeStyle = inks.accent;
    pen.lineWidth = 2;
    pen.strokeRect(x + 1, 1, Math.max(2, across - 2), MAP_PX - 2);
    pen.fillStyle = inks.accent;
    pen.fillRect((this.at_s / this.length_s) * width - 1, 0, 2, MAP_PX);
  }

  #sum(told) {
    const columns = told.columns || 300;
    const sum = new Float64Array(columns);
    const each_s = this.length_s / columns;
    for (const brand of told.brands) {
      if (told.columns) {
        brand.shares ??= bytes(brand.filled);
        brand.shares.forEach((share, column) => {
          sum[column] += share / 100;
        });
      } else {
        for (const [start, end] of brand.airings) {
          for (let column = Math.floor(start / each_s); column < Math.min(columns, end / each_s); column += 1) sum[column] += 1;
        }
      }
    }
    return sum;
  }

  // --- hands

  #at(event) {
    const box = this.view.getBoundingClientRect();
    return this.from_s + ((event.clientX - box.left) / box.width) * (this.to_s - this.from_s);
  }

  #listen() {
    new ResizeObserver(() => this.draw()).observe(this.view);
    this.body.addEventListener("scroll", () => this.draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    this.view.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.view.addEventListener("pointerdown", (event) => this.#down(event));
    this.view.addEventListener("pointermove", (event) => this.#move(event));
    this.view.addEventListener("pointerup", (event) => this.#up(event));
    this.view.addEventListener("pointercancel", (event) => this.pointers.delete(event.pointerId));
    this.view.addEventListener("pointerleave", () => {
      this.said.textContent = "";
    });
    const look = (event) => {
      const box = this.map.getBoundingClientRect();
      const middle = ((event.clientX - box.left) / box.width) * this.length_s;
      const half = (this.to_s - this.from_s) / 2;
      this.show(middle - half, middle + half);
    };
    this.map.addEventListener("pointerdown", (event) => {
      this.map.setPointerCapture(event.pointerId);
      look(event);
    });
    this.map.addEventListener("pointermove", (event) => event.buttons && look(event));
    for (const button of document.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => this.zoomTo(button.dataset.zoom));
    }
    const tools = document.querySelector(".lane-tools");
    if (tools) tools.hidden = false;
  }

  // Zooms; sideways, or with Shift, it pans. What cannot be zoomed out further scrolls the page.
  #wheel(event) {
    const span = this.to_s - this.from_s;
    const sideways = event.shiftKey ? event.deltaY : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
    if (sideways) {
      event.preventDefault();
      const by = (sideways / this.view.clientWidth) * span;
      this.show(this.from_s + by, this.to_s + by);
    } else if (event.deltaY < 0 || span < this.length_s - 0.001) {
      event.preventDefault();
      this.zoom(Math.exp(-Math.max(-200, Math.min(200, event.deltaY)) / 300), this.#at(event));
    }
  }

  #down(event) {
    if (event.button) return;
    this.view.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.clientX, from: event.clientX, moved: false });
    this.view.focus({ preventScroll: true });
  }

  #move(event) {
    const mine = this.pointers.get(event.pointerId);
    if (!mine) {
      this.#tell(event);
      return;
    }
    const span = this.to_s - this.from_s;
    const width = this.view.clientWidth;
    if (this.pointers.size === 2) {
      const other = [...this.pointers.entries()].find(([id]) => id !== event.pointerId)[1];
      const before = Math.max(8, Math.abs(mine.x - other.x));
      const now = Math.max(8, Math.abs(event.clientX - other.x));
      mine.x = event.clientX;
      mine.moved = true;
      other.moved = true;
      const box = this.view.getBoundingClientRect();
      this.zoom(now / before, this.from_s + (((mine.x + other.x) / 2 - box.left) / width) * span);
      return;
    }
    if (Math.abs(event.clientX - mine.from) > DRAG_PX) mine.moved = true;
    if (mine.moved) {
      const by = ((mine.x - event.clientX) / width) * span;
      this.show(this.from_s + by, this.to_s + by);
    }
    mine.x = event.clientX;
  }

  #up(event) {
    const mine = this.pointers.get(event.pointerId);
    this.pointers.delete(event.pointerId);
    if (mine && !mine.moved) this.onseek?.(Math.min(this.length_s, Math.max(0, this.#at(event))));
  }

  // What lies under the pointer, in words.
  #tell(event) {
    const told = this.#told;
    if (!told) return;
    const t_s = this.#at(event);
    const row = Math.floor((event.clientY - this.body.getBoundingClientRect().top + this.body.scrollTop) / ROW_PX);
    const brand = told.brands[row];
    const found = brand?.airings?.find(([start, end]) => t_s >= start && t_s < end);
    const words = found ? `${brand.name}, ${told.placements[found[2]].toLowerCase()}: ${clock(found[0])} – ${clock(found[1])}, ${Math.round(found[3] * 100)} % sure` : `${brand ? `${brand.name}, ` : ""}${clock(t_s)}`;
    this.said.textContent = words;
  }
}
