// A stage of the server run in the browser on one cached frame, while its settings are moved. OpenCV is loaded in a
// worker when it is asked for. One picture is computed at a time; of what is asked meanwhile only the last counts.
import { ask } from "./server.js";

const STAGES = ["field_segmentation", "detect_edges"];
const FRAME_SETTLES_MS = 120;
// As detection/overlays.py draws them.
const COLOURS = { field: "#009e73", line: "#56b4e9", hint: "#f0e442" };
const $ = (id) => document.getElementById(id);

const live = { worker: null, isReady: false, isBusy: false, waits: false, number: 0, before: null, hull: [], picture: null, done: [] };
let frames = [];
let timer = 0;

const stage = () => $("stage-choice")?.value;
const isOn = () => !$("live-on").hidden;

const trouble = (sentence) => {
  $("live-trouble").textContent = sentence;
  $("live-trouble").hidden = !sentence;
};

// --- The settings, as the form has them ---

const fields = () => [...document.querySelectorAll("#settings .field")];
const text = (field) => field.querySelector(".exact")?.value.trim() ?? "";

// The config, or the sentence that says why there is none.
const config = () => {
  const values = {};
  for (const field of fields()) {
    const { field: name, kind, low, high, above } = field.dataset;
    const value = Number(text(field));
    const wrong =
      text(field) === "" || !Number.isFinite(value) || (kind === "integer" && !Number.isInteger(value)) ||
      (low !== "" && value < Number(low)) || (above !== "" && value <= Number(above)) || (high !== "" && value > Number(high));
    if (wrong) return { sentence: `Waits for a value of “${name}” that can be set.` };
    values[name] = value;
  }
  return { values };
};

const remember = () => new Map(fields().map((field) => [field.dataset.field, text(field)]));

// --- The worker ---

const send = (message, transfer = []) => live.worker.postMessage(message, transfer);

const compute = () => {
  if (!live.isReady || !live.picture || !isOn()) return;
  if (live.isBusy) {
    live.waits = true;
    return;
  }
  const { values, sentence } = config();
  if (sentence) {
    $("live-words").textContent = sentence;
    return;
  }
  live.isBusy = true;
  live.waits = false;
  live.number += 1;
  send({ kind: "compute", number: live.number, stage: stage(), config: values, hull: stage() === "detect_edges" ? live.hull : [] });
};

const heard = ({ data }) => {
  if (data.kind === "start") {
    live.isReady = true;
    show(Number($("live-frame").value));
    return;
  }
  if (data.kind === "picture") {
    live.isBusy = false;
    compute();
    return;
  }
  live.isBusy = false;
  if (data.kind === "error") {
    trouble(`This browser could not compute it: ${data.message}. Replay to see what the server finds.`);
    if (data.of === "start") stop();
  } else {
    trouble("");
    draw(data.found);
    tell(data);
  }
  if (live.waits) compute();
};

const start = async () => {
  if (typeof WebAssembly === "undefined" || typeof Worker === "undefined") {
    trouble("This browser has no WebAssembly, so nothing can be computed here; replay to see what the server finds.");
    return;
  }
  $("live-start").disabled = true;
  trouble("");
  live.before = remember();
  try {
    frames = (await ask($("live").dataset.frames)).frames;
  } catch (error) {
    trouble(error.message);
    $("live-start").disabled = false;
    return;
  }
  if (!frames.length) {
    trouble("This job kept no frame; there is nothing to compute on.");
    $("live-start").disabled = false;
    return;
  }
  const chosen = Number(document.querySelector('.thumb[aria-pressed="true"]')?.dataset.seq ?? frames[Math.floor(frames.length / 3)].seq);
  const nearest = frames.reduce((best, frame, at) => (Math.abs(frame.seq - chosen) < Math.abs(frames[best].seq - chosen) ? at : best), 0);
  $("live-frame").max = frames.length - 1;
  $("live-frame").value = nearest;
  $("live-start").hidden = true;
  $("live-about").hidden = true;
  $("live-on").hidden = false;
  $("live").classList.add("is-on");
  $("live-words").textContent = "Loading OpenCV …";
  if (live.worker) {
    show(nearest);
    return;
  }
  live.worker = new Worker($("live").dataset.worker);
  live.worker.addEventListener("message", heard);
  live.worker.addEventListener("error", () => {
    trouble("OpenCV could not be loaded here; replay to see what the server finds.");
    stop();
  });
  send({ kind: "start" });
};

const stop = () => {
  $("live").classList.remove("is-on");
  $("live-on").hidden = true;
  $("live-about").hidden = false;
  $("live-start").hidden = false;
  $("live-start").disabled = false;
  if (live.worker && !live.isReady) {
    live.worker.terminate();
    live.worker = null;
  }
};

// --- The frame ---

let wanted = 0;
const show = async (at) => {
  const frame = frames[at];
  wanted = at;
  $("live-time").textContent = frame.words;
  $("live-frame").setAttribute("aria-valuetext", frame.words);
  if (!live.isReady) return;
  try {
    const told = await ask(frame.address);
    const picture = new Image();
    picture.src = told.picture;
    await picture.decode();
    if (wanted !== at || !isOn()) return;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(picture, 0, 0);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
    live.picture = canvas;
    live.hull = told.hull;
    live.isBusy = true;
    send({ kind: "picture", pixels }, [pixels.data.buffer]);
  } catch (error) {
    trouble(error.name === "EncodingError" ? "The picture of this frame is gone; analyse the footage again." : error.message);
  }
};

// --- What was found ---

const layer = document.createElement("canvas");
const tint = (context, { width, height, data }, colour, strength) => {
  [layer.width, layer.height] = [width, height];
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const inked = new ImageData(width, height);
  for (let i = 0; i < data.length; i += 1) if (data[i]) inked.data.set([red, green, blue, strength], 4 * i);
  layer.getContext("2d").putImageData(inked, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(layer, 0, 0, context.canvas.width, context.canvas.height);
};

const path = (context, points, colour, isClosed) => {
  context.beginPath();
  points.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
  if (isClosed) context.closePath();
  for (const [style, wide] of [["#141414", 4], [colour, 2]]) {
    context.strokeStyle = style;
    context.lineWidth = (wide * context.canvas.width) / 900;
    context.stroke();
  }
};

const draw = (found) => {
  const canvas = $("live-canvas");
  if (canvas.width !== live.picture.width || canvas.height !== live.picture.height) {
    [canvas.width, canvas.height] = [live.picture.width, live.picture.height];
  }
  const context = canvas.getContext("2d");
  context.drawImage(live.picture, 0, 0);
  if (found.mask) tint(context, found.mask, COLOURS.field, 90);
  if (found.hull?.length) path(context, found.hull, COLOURS.field, true);
  if (found.edges) {
    tint(context, found.edges, "#ffffff", 110);
    for (const line of found.lines) path(context, line, COLOURS.line, false);
    for (const hint of found.hints) path(context, hint.quad, COLOURS.hint, true);
  }
  canvas.dataset.number = live.number;
};

const count = (things, one) => `${things.length} ${one}${things.length === 1 ? "" : "s"}`;

const tell = ({ found, tookMs }) => {
  const now = performance.now();
  live.done = [...live.done.filter((at) => now - at < 1000), now];
  $("live-words").textContent = found.lines
    ? `${count(found.lines, "line")}, ${count(found.hints, "region hint")}${live.hull.length ? ", around the field that the job found" : ""}`
    : found.hull.length ? `Field: ${Math.round(found.share * 100)} % of the frame` : "No field";
  $("live-speed").textContent = `${Math.round(tookMs)} ms${live.done.length > 1 ? `, ${live.done.length} fps` : ""}`;
};

// --- When it acts ---

const offer = () => {
  if (!$("live")) return;
  $("live").hidden = !STAGES.includes(stage());
  if ($("live").hidden) stop();
  else if (isOn()) {
    live.before = remember();
    compute();
  }
};

document.addEventListener("setting", () => window.requestAnimationFrame(compute));

document.addEventListener("input", (event) => {
  if (event.target.id !== "live-frame") return;
  const at = Number(event.target.value);
  $("live-time").textContent = frames[at].words;
  clearTimeout(timer);
  timer = setTimeout(() => show(at), FRAME_SETTLES_MS);
});

document.addEventListener("click", (event) => {
  const { id } = event.target.closest("button") ?? {};
  if (id === "live-start") start();
  if (id === "live-use") {
    stop();
    $("said").textContent = "The values are in the form; “Replay from here” runs the job with them.";
    $("replay")?.focus();
  }
  if (id === "live-back") {
    for (const [name, value] of live.before) document.dispatchEvent(new CustomEvent("put-setting", { detail: { name, value } }));
    stop();
    $("live-start").focus();
  }
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "lab-middle" || event.target.closest?.("#lab-middle")) offer();
});
offer();
