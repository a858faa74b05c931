// The chunks that a person marks: stretches {start_s, end_s} of the footage that do not overlap, with undo. What is
// wished is kept; where a cut really falls is the nearest keyframe.
const LEAST_S = 0.04;
const MOST_UNDO = 200;

const nearest = (places, wished_s) => {
  let low = 0;
  let high = places.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle] < wished_s) low = middle + 1;
    else high = middle;
  }
  const before_s = places[Math.max(0, low - 1)];
  return Math.abs(before_s - wished_s) <= Math.abs(places[low] - wished_s) ? before_s : places[low];
};

export class Marks extends EventTarget {
  #duration_s;
  #places;
  #kept;
  #before = [];
  ranges = [];
  pending_s = null;

  constructor(duration_s, kept) {
    super();
    this.#duration_s = duration_s;
    this.#places = [0, duration_s];
    this.#kept = kept;
    this.#recall();
  }

  set keyframes_s(keyframes_s) {
    this.#places = [...new Set([0, ...keyframes_s.filter((mark_s) => mark_s < this.#duration_s), this.#duration_s])].sort((one, other) => one - other);
    this.#changed();
  }

  get can_undo() {
    return this.#before.length > 0;
  }

  // Where the cuts of a range really fall.
  real(range) {
    return { start_s: nearest(this.#places, range.start_s), end_s: nearest(this.#places, range.end_s) };
  }

  at(time_s) {
    return this.ranges.findIndex((range) => range.start_s <= time_s && time_s < range.end_s);
  }

  begin(time_s) {
    this.#note();
    const inside = this.ranges[this.at(time_s)];
    if (inside) inside.start_s = time_s;
    this.pending_s = inside ? null : time_s;
    this.#settle();
  }

  end(time_s) {
    this.#note();
    const inside = this.ranges[this.at(time_s)];
    if (inside && this.pending_s === null) {
      inside.end_s = time_s;
    } else {
      const before_s = Math.max(0, ...this.ranges.filter((range) => range.end_s <= time_s).map((range) => range.end_s));
      const start_s = this.pending_s !== null && this.pending_s < time_s ? this.pending_s : before_s;
      this.#lay({ start_s, end_s: time_s });
    }
    this.pending_s = null;
    this.#settle();
  }

  cut(time_s) {
    this.#note();
    if (!this.ranges.length) this.ranges = [{ start_s: 0, end_s: this.#duration_s }];
    const place = this.at(time_s);
    if (place >= 0) {
      const range = this.ranges[place];
      this.ranges.splice(place, 1, { start_s: range.start_s, end_s: time_s }, { start_s: time_s, end_s: range.end_s });
    }
    this.#settle();
  }

  omit(place) {
    if (!this.ranges[place]) return;
    this.#note();
    this.ranges.splice(place, 1);
    this.#settle();
  }

  // Moves one edge while a person drags; the first move of a drag can be undone.
  move(place, edge, time_s, is_first) {
    if (is_first) this.#note();
    const range = this.ranges[place];
    const low_s = edge === "start_s" ? (this.ranges[place - 1]?.end_s ?? 0) : range.start_s + LEAST_S;
    const high_s = edge === "start_s" ? range.end_s - LEAST_S : (this.ranges[place + 1]?.start_s ?? this.#duration_s);
    range[edge] = Math.min(high_s, Math.max(low_s, time_s));
    this.#changed();
  }

  set(ranges) {
    this.#note();
    this.ranges = ranges.map(({ start_s, end_s }) => ({ start_s, end_s }));
    this.pending_s = null;
    this.#settle();
  }

  undo() {
    const before = this.#before.pop();
    if (!before) return;
    ({ ranges: this.ranges, pending_s: this.pending_s } = JSON.parse(before));
    this.#changed();
  }

  // Moments to go to: edges of ranges and the two ends.
  get moments() {
    const edges = this.ranges.flatMap((range) => [range.start_s, range.end_s]);
    return [...new Set([0, ...edges, ...(this.pending_s === null ? [] : [this.pending_s]), this.#duration_s])].sort((one, other) => one - other);
  }

  // A new stretch takes its time from those it lies over.
  #lay(range) {
    if (range.end_s - range.start_s < LEAST_S) return;
    const left = this.ranges.flatMap((other) => [
      { start_s: other.start_s, end_s: Math.min(other.end_s, range.start_s) },
      { start_s: Math.max(other.start_s, range.end_s), end_s: other.end_s },
    ]);
    this.ranges = [...left, range];
  }

  #settle() {
    this.ranges = this.ranges.filter((range) => range.end_s - range.start_s >= LEAST_S).sort((one, other) => one.start_s - other.start_s);
    this.#changed();
  }

  #note() {
    this.#before.push(this.#state());
    if (this.#before.length > MOST_UNDO) this.#before.shift();
  }

  #state() {
    return JSON.stringify({ ranges: this.ranges, pending_s: this.pending_s });
  }

  #changed() {
    try {
      if (this.ranges.length || this.can_undo) localStorage.setItem(this.#kept, JSON.stringify({ ranges: this.ranges, before: this.#before.slice(-20) }));
      else localStorage.removeItem(this.#kept);
    } catch {
      // A browser that keeps nothing forgets the marks with the page.
    }
    this.dispatchEvent(new Event("change"));
  }

  #recall() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#kept));
      if (!kept) return;
      this.ranges = kept.ranges.filter((range) => range.end_s <= this.#duration_s + 0.001);
      this.#before = kept.before ?? [];
    } catch {
      this.ranges = [];
    }
  }
}
