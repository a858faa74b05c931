// The queue beside the finding in large: what is loaded of it, which one is shown, which ones are selected.
import { STATES, clock, element, percent, title } from "./words.js";

export class List {
  #list;
  #told;
  #place = 0;
  #selected = new Set();
  #anchor = null;
  entries = [];
  mayDecide = false;

  // `told` has shows() for when another one is shown, and selects(count).
  constructor(list, told) {
    this.#list = list;
    this.#told = told;
    list.addEventListener("click", (event) => this.#clicked(event));
  }

  get place() {
    return this.#place;
  }

  get current() {
    return this.entries[this.#place] ?? null;
  }

  get left() {
    return this.entries.length - this.#place;
  }

  get selected() {
    return this.entries.filter((entry) => this.#selected.has(entry.key));
  }

  ahead(count) {
    return this.entries.slice(this.#place + 1, this.#place + 1 + count);
  }

  add(entries, anew) {
    if (anew) {
      this.entries = [];
      this.#place = 0;
      this.#selected.clear();
      this.#list.replaceChildren();
      this.#tellSelected();
    }
    const known = new Set(this.entries.map((entry) => entry.key));
    const fresh = entries.filter((entry) => !known.has(entry.key));
    const wasEmpty = !this.current;
    this.entries.push(...fresh);
    this.#list.append(...fresh.map((entry) => this.#row(entry)));
    this.#mark();
    if (!anew && wasEmpty && this.current) this.#told.shows();
  }

  step(by) {
    const place = Math.min(this.entries.length - 1, Math.max(0, this.#place + by));
    if (place !== this.#place) this.#go(place);
  }

  // Out of the queue; the one that comes next is shown when the shown one goes.
  remove(keys) {
    const gone = new Set(keys);
    const shown = this.current;
    const before = this.entries.slice(0, this.#place).filter((entry) => !gone.has(entry.key)).length;
    this.entries = this.entries.filter((entry) => !gone.has(entry.key));
    for (const key of gone) {
      this.#selected.delete(key);
      this.#list.querySelector(`[data-key-of="${key}"]`)?.remove();
    }
    this.#place = Math.min(before, Math.max(0, this.entries.length - 1));
    this.#mark();
    this.#tellSelected();
    if (!shown || gone.has(shown.key)) this.#told.shows();
  }

  // Back to where it was, and shown when wanted.
  putBack(findings, place, show) {
    const known = new Set(this.entries.map((entry) => entry.key));
    const back = findings.filter((finding) => !known.has(finding.key));
    const at = Math.min(place, this.entries.length);
    const next = this.#list.children[at] ?? null;
    this.entries.splice(at, 0, ...back);
    for (const entry of back) this.#list.insertBefore(this.#row(entry), next);
    if (show) this.#go(this.entries.findIndex((entry) => entry.key === findings[0].key));
    else {
      if (at <= this.#place) this.#place += back.length;
      this.#place = Math.min(this.#place, this.entries.length - 1);
      this.#mark();
    }
  }

  toggle(key = this.current?.key, on = !this.#selected.has(key)) {
    if (!key) return;
    if (on) this.#selected.add(key);
    else this.#selected.delete(key);
    const box = this.#list.querySelector(`[data-key-of="${key}"] input`);
    if (box) box.checked = on;
    this.#anchor = key;
    this.#tellSelected();
  }

  selectNone() {
    for (const key of [...this.#selected]) this.toggle(key, false);
  }

  #go(place) {
    this.#place = Math.max(0, place);
    this.#mark();
    this.#told.shows();
  }

  #mark() {
    const shown = this.current?.key;
    for (const row of this.#list.children) {
      const here = row.dataset.keyOf === shown;
      row.classList.toggle("here", here);
      const button = row.querySelector("button");
      if (here) {
        button.setAttribute("aria-current", "true");
        const over = row.offsetTop - this.#list.scrollTop;
        if (over < 0 || over + row.offsetHeight > this.#list.clientHeight) this.#list.scrollTop = row.offsetTop - this.#list.clientHeight / 3;
      } else button.removeAttribute("aria-current");
    }
  }

  #tellSelected() {
    this.#told.selects(this.#selected.size);
  }

  #row(entry) {
    const sure = entry.kind === "airing" ? percent(entry.confidence) : "open";
    const box = element("input", { type: "checkbox", "aria-label": `Select ${title(entry)} at ${clock(entry.start_s, 0)}` });
    box.hidden = !this.mayDecide;
    const words = [
      element("b", { text: title(entry) }),
      element("span", { class: "meta", text: `${clock(entry.start_s, 0)} · ${entry.seconds.toFixed(1)} s · ${sure}` }),
    ];
    if (entry.alike > 1) words.push(element("span", { class: "count", text: `×${entry.alike}`, title: `${entry.alike} look alike` }));
    if (entry.state !== "unreviewed") words.push(element("span", { class: `state state-${entry.state}`, text: STATES[entry.state] }));
    return element("li", { "data-key-of": entry.key }, box, element("button", { type: "button", class: "queue-entry" }, ...words));
  }

  #clicked(event) {
    const row = event.target.closest("[data-key-of]");
    if (!row) return;
    const key = row.dataset.keyOf;
    if (event.target.matches("input")) {
      const on = event.target.checked;
      if (event.shiftKey && this.#anchor) this.#range(this.#anchor, key, on);
      this.toggle(key, on);
      return;
    }
    if (event.target.closest("button")) this.#go(this.entries.findIndex((entry) => entry.key === key));
  }

  #range(from, to, on) {
    const places = [from, to].map((key) => this.entries.findIndex((entry) => entry.key === key)).sort((a, b) => a - b);
    if (places[0] < 0) return;
    for (const entry of this.entries.slice(places[0], places[1] + 1)) this.toggle(entry.key, on);
  }
}
