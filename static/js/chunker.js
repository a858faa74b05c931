// The page of an asset: watching it, marking chunks on the filmstrip, having them made, picking them into a timeline.
import { Filmstrip } from "./filmstrip.js";
import { Marks } from "./marks.js";
import { clock, mount } from "./player_bar.js";
import { said } from "./said.js";
import { ask } from "./server.js";
import { Shuttle } from "./shuttle.js";
import { bindPicking } from "./picking.js";

const POLL_MS = 1200;
const CLOSE_S = 0.0015;
const root = document.getElementById("chunker");

const start = () => {
  const { asset, api } = root.dataset;
  const duration_s = Number(root.dataset.duration);
  const source = `${api}sources/${asset}`;
  const player = mount(root.querySelector("[data-player]"));
  const marks = new Marks(duration_s, `mpr.marks.${asset}`);
  const strip = new Filmstrip(document.getElementById("filmstrip"), marks, duration_s);
  const shuttle = new Shuttle(player);
  const known = document.getElementById("how-known");
  const pan = document.getElementById("strip-pan");

  const seek = (time_s) => {
    shuttle.stop();
    player.seek(time_s);
    strip.show(time_s);
  };
  player.onframe((time_s) => strip.show(time_s, { follow: !player.paused }));
  strip.onseek = seek;
  strip.onview = () => {
    pan.hidden = strip.span_s >= duration_s;
    pan.value = strip.start_s / Math.max(1e-9, duration_s - strip.span_s);
  };
  pan.addEventListener("input", () => strip.view(Number(pan.value) * (duration_s - strip.span_s), strip.span_s));

  // Filmstrip: asked for once, then looked at until it is all there.
  const follow = async (method) => {
    const state = document.getElementById("filmstrip-state");
    let told;
    try {
      told = await ask(`${source}/filmstrip`, { method });
    } catch (error) {
      state.textContent = error.message;
      if (error.status === 0) setTimeout(() => follow("GET"), 4 * POLL_MS);
      return;
    }
    if (!told.strips.length) {
      follow("POST");
      return;
    }
    strip.footage = told;
    marks.keyframes_s = told.keyframes_s;
    const done = told.strips.filter((part) => part.state === "done").length;
    const share = told.strips.reduce((sum, part) => sum + part.progress, 0) / told.strips.length;
    if (told.error_message) state.textContent = `The filmstrip could not be made: ${told.error_message}`;
    else if (done < told.strips.length) state.textContent = `The filmstrip is being made, ${Math.round(share * 100)} %`;
    else state.textContent = told.keyframes_s.length ? "" : "This file does not say where its keyframes are, so it cannot be split as it is; convert it to MP4 first.";
    if (!told.error_message && done < told.strips.length) setTimeout(() => follow("GET"), POLL_MS);
  };

  // Marks, by hand and by rule.
  const acts = {
    begin: () => marks.begin(player.time_s),
    end: () => marks.end(player.time_s),
    cut: () => marks.cut(player.time_s),
    omit: () => marks.omit(marks.at(player.time_s)),
    undo: () => marks.undo(),
    clear: () => marks.set([]),
  };
  root.addEventListener("click", (event) => {
    const mark = event.target.closest("[data-mark]");
    if (mark) acts[mark.dataset.mark]();
    const zoom = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (zoom) strip.zoom({ in: 0.5, out: 2, all: Infinity }[zoom]);
    const row = event.target.closest("[data-place]");
    if (row && event.target.closest("[data-omit]")) marks.omit(Number(row.dataset.place));
  });
  document.addEventListener("click", (event) => {
    const go = event.target.closest("[data-go]");
    if (go) seek(Number(go.dataset.go));
  });
  const rule = async (form) => {
    const kind = form.dataset.how;
    const query = kind === "every" ? `every_s=${Number(form.every.value) * 60}` : `shots_least_s=${Number(form.least.value) * 60}`;
    const button = form.querySelector("button");
    button.disabled = true;
    known.textContent = "Looking for places to cut …";
    try {
      const { stretches, known_by } = await ask(`${source}/cuts?${query}`);
      marks.set(stretches.map((one) => ({ start_s: one.wished_start_s, end_s: one.wished_end_s })));
      known.textContent = `${stretches.length} chunk${stretches.length === 1 ? "" : "s"}. ${known_by}`.trim();
    } catch (error) {
      known.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  };
  for (const form of root.querySelectorAll("[data-how]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      rule(form);
    });
  }

  // The table of what would be made.
  const box = document.getElementById("proposed");
  const words = (wished_s, real_s, what) => {
    const off_s = real_s - wished_s;
    if (Math.abs(off_s) < CLOSE_S) return null;
    return `${what} ${Math.abs(off_s).toFixed(2)} s ${off_s > 0 ? "later" : "earlier"}`;
  };
  const cell = (label, content, className = "") => {
    const element = document.createElement("td");
    element.dataset.label = label;
    element.className = className;
    if (content instanceof Node) element.append(content);
    else element.textContent = content;
    return element;
  };
  const place = (time_s) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "time-link";
    button.dataset.go = time_s;
    button.textContent = clock(time_s);
    return button;
  };
  const made = () => [...document.querySelectorAll("#chunks tr[data-chunk]")];
  const isThere = (real) => made().some((row) => Math.abs(row.dataset.start - real.start_s) < CLOSE_S && Math.abs(row.dataset.end - real.end_s) < CLOSE_S);
  const line = (range, number) => {
    const real = marks.real(range);
    const row = document.createElement("tr");
    row.dataset.place = number;
    const empty = real.end_s <= real.start_s;
    const shifts = [words(range.start_s, real.start_s, "begins"), words(range.end_s, real.end_s, "ends")].filter(Boolean);
    let note = shifts.length ? `${shifts.join(", ")}: the nearest keyframe` : "as marked";
    if (empty) note = "lies between two keyframes, so nothing is left of it";
    else if (isThere(real)) note += "; is there already";
    const omit = document.createElement("button");
    omit.type = "button";
    omit.className = "small";
    omit.dataset.omit = "";
    omit.textContent = "Leave out";
    omit.setAttribute("aria-label", `Leave out chunk ${number + 1}`);
    row.append(
      cell("#", String(number + 1)), cell("Begins", place(real.start_s)), cell("Ends", place(real.end_s)),
      cell("Length", clock(Math.max(0, real.end_s - real.start_s)), "number"), cell("Cuts", note, shifts.length || empty ? "shifted" : "meta"), cell("", omit, "chunk-acts"),
    );
    return row;
  };
  const splitting = document.getElementById("split");
  const tell = () => {
    box.hidden = marks.ranges.length === 0;
    box.querySelector("tbody").replaceChildren(...marks.ranges.map(line));
    root.querySelector('[data-mark="undo"]').disabled = !marks.can_undo;
    root.querySelector('[data-mark="clear"]').disabled = marks.ranges.length === 0;
    if (splitting) splitting.textContent = `Split into ${marks.ranges.length} chunk${marks.ranges.length === 1 ? "" : "s"}`;
  };
  marks.addEventListener("change", tell);
  const refresh = (id) => htmx.trigger(document.getElementById(id), "refresh");
  splitting?.addEventListener("click", async () => {
    splitting.disabled = true;
    try {
      const stretches = marks.ranges.map(({ start_s, end_s }) => ({ start_s, end_s }));
      const { chunks } = await ask(`${source}/split`, { method: "POST", body: { stretches } });
      said(`${chunks.length} chunk${chunks.length === 1 ? " is" : "s are"} being made.`);
      marks.set([]);
      refresh("chunks");
    } catch (error) {
      said(error.message, { failed: true });
    } finally {
      splitting.disabled = false;
    }
  });

  bindPicking({ asset, api, refresh });
  document.addEventListener("htmx:afterSettle", (event) => event.target.id === "chunks" && tell());

  // Keys.
  const jump = (by) => {
    const now = player.time_s;
    const moments = marks.moments;
    const next = by > 0 ? moments.find((moment) => moment > now + 0.02) : moments.findLast((moment) => moment < now - 0.02);
    if (next !== undefined) seek(next);
  };
  const keys = {
    " ": () => shuttle.toggle(),
    K: () => shuttle.toggle(),
    J: () => shuttle.slower(),
    L: () => shuttle.faster(),
    I: acts.begin, "[": acts.begin, O: acts.end, "]": acts.end, C: acts.cut, X: acts.omit, U: acts.undo,
    ArrowLeft: (event) => (event.shiftKey ? seek(player.time_s - 1) : player.step(-1)),
    ArrowRight: (event) => (event.shiftKey ? seek(player.time_s + 1) : player.step(1)),
    ArrowUp: () => jump(-1),
    ArrowDown: () => jump(1),
    "+": () => strip.zoom(0.5), "-": () => strip.zoom(2), 0: () => strip.zoom(Infinity),
  };
  const areOn = () => {
    try {
      return localStorage.getItem("mpr.keys") !== "off";
    } catch {
      return true;
    }
  };
  document.addEventListener("keydown", (event) => {
    const undoes = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    if (document.querySelector("dialog[open]") || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]")) return;
    const onStrip = event.target.id === "filmstrip";
    if (!onStrip && !areOn()) return;
    if (undoes) {
      event.preventDefault();
      acts.undo();
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    // A focused button or link keeps its own keys.
    if (event.key === " " && event.target.closest("button, a, summary, input")) return;
    if (event.key.startsWith("Arrow") && event.target.closest(".proposed-scroll, summary")) return;
    const act = keys[event.key.length === 1 ? event.key.toUpperCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  });

  tell();
  follow("GET");
};

if (root) start();
