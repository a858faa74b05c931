// The shot of a finding with its neighbours, drawn to scale; its ends can be moved with the pointer.
import { clock } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1000;
const LANE = 16;
const GAP = 6;
const AXIS = 18;
const MOST_LANES = 5;
const LEAST_PX = 3;
const BESIDE = 0.06;

const make = (name, given, text) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(given)) made.setAttribute(key, value);
  if (text) {
    const said = document.createElementNS(SVG, "title");
    said.textContent = text;
    made.append(said);
  }
  return made;
};

// Findings one below the other where they overlap, at most so many lanes; the rest share the last.
const inLanes = (findings) => {
  const ends = [];
  return findings.map((one) => {
    let lane = ends.findIndex((end_s) => end_s <= one.start_s);
    if (lane < 0) lane = Math.min(ends.length, MOST_LANES - 1);
    ends[lane] = Math.max(ends[lane] ?? 0, one.end_s);
    return { ...one, lane };
  });
};

export class Shot {
  #svg;
  #span = [0, 1];
  #ends = [0, 0];
  #moved;
  #seek;
  #handles = {};
  #playhead = null;
  #drag = null;

  // `moved(which, time_s, done)` is called while an end is drawn with the pointer, `seek(time_s)` for a click elsewhere.
  constructor(svg, { moved, seek }) {
    this.#svg = svg;
    this.#moved = moved;
    this.#seek = seek;
    svg.addEventListener("pointerdown", (event) => this.#down(event));
    svg.addEventListener("pointermove", (event) => this.#move(event));
    for (const kind of ["pointerup", "pointercancel"]) svg.addEventListener(kind, (event) => this.#up(event));
  }

  // `finding` is a detail as the API tells it, `ends` its start and end now.
  draw(finding, ends) {
    const [from_s, to_s] = finding.shot;
    const beside_s = Math.max(0.4, (to_s - from_s) * BESIDE);
    this.#span = [Math.max(0, Math.min(from_s, ends[0]) - beside_s), Math.max(to_s, ends[1]) + beside_s];
    this.#ends = ends;
    const near = finding.neighbours.filter((one) => one.end_s > this.#span[0] && one.start_s < this.#span[1]);
    const lanes = inLanes(near);
    const count = Math.max(1, ...lanes.map((one) => one.lane + 1));
    const top = LANE * 1.5 + GAP;
    const height = AXIS + top + count * (LANE + 3) + GAP;
    this.#svg.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
    this.#svg.setAttribute("height", height);
    const parts = [make("rect", { x: this.#x(from_s), y: 0, width: this.#x(to_s) - this.#x(from_s), height: height - AXIS, class: "shot-ground" }, `Shot, ${clock(from_s)} – ${clock(to_s)}`)];
    for (const one of lanes) parts.push(this.#bar(one, top + GAP + one.lane * (LANE + 3)));
    for (const [a, b] of finding.now.joined ? [finding.now.joined] : []) parts.push(this.#line(a, b, LANE));
    parts.push(make("rect", { x: this.#x(ends[0]), y: GAP, width: this.#width(ends), height: LANE * 1.5, rx: 3, class: `shot-this state-${finding.state}` }, `${finding.brand || finding.text}, ${clock(ends[0])} – ${clock(ends[1])}`));
    for (const at_s of finding.now.parted) parts.push(make("line", { x1: this.#x(at_s), x2: this.#x(at_s), y1: 0, y2: LANE * 1.5 + 2 * GAP, class: "shot-parted" }, `Split at ${clock(at_s)}`));
    this.#handles = {};
    for (const [which, at_s] of [["start", ends[0]], ["end", ends[1]]]) {
      const handle = make("rect", { x: this.#x(at_s) - 4, y: 0, width: 8, height: LANE * 1.5 + 2 * GAP, class: "shot-handle", "data-end": which }, `Draw the ${which}`);
      this.#handles[which] = handle;
      parts.push(handle);
    }
    this.#playhead = make("line", { x1: 0, x2: 0, y1: 0, y2: height - AXIS, class: "shot-playhead", visibility: "hidden" });
    parts.push(this.#playhead);
    this.#svg.replaceChildren(...parts);
  }

  at(time_s) {
    if (!this.#playhead) return;
    const [from_s, to_s] = this.#span;
    const x = this.#x(time_s);
    this.#playhead.setAttribute("visibility", time_s >= from_s && time_s <= to_s ? "visible" : "hidden");
    this.#playhead.setAttribute("x1", x);
    this.#playhead.setAttribute("x2", x);
  }

  #bar(one, y) {
    const words = `${one.brand || `“${one.text}”`}, ${clock(one.start_s)} – ${clock(one.end_s)}`;
    const kind = one.key.startsWith("q") ? "shot-question" : "shot-other";
    return make("rect", { x: this.#x(one.start_s), y, width: this.#width([one.start_s, one.end_s]), height: LANE, rx: 3, class: `${kind} state-${one.state}` }, words);
  }

  #line(from_s, to_s, y) {
    return make("line", { x1: this.#x(from_s), x2: this.#x(to_s), y1: y, y2: y, class: "shot-joined" });
  }

  #x(time_s) {
    const [from_s, to_s] = this.#span;
    return Math.min(WIDTH, Math.max(0, ((time_s - from_s) / (to_s - from_s)) * WIDTH));
  }

  #width([from_s, to_s]) {
    return Math.max(LEAST_PX, this.#x(to_s) - this.#x(from_s));
  }

  #time(event) {
    const box = this.#svg.getBoundingClientRect();
    const [from_s, to_s] = this.#span;
    return from_s + Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * (to_s - from_s);
  }

  #down(event) {
    const which = event.target.dataset?.end;
    if (!which) {
      this.#seek(this.#time(event));
      return;
    }
    this.#drag = which;
    this.#svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  #move(event) {
    if (this.#drag) this.#moved(this.#drag, this.#time(event), false);
  }

  #up(event) {
    if (!this.#drag) return;
    const which = this.#drag;
    this.#drag = null;
    this.#moved(which, this.#time(event), true);
  }
}
