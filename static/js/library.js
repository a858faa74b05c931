// The library: files are dropped or chosen and sent, parts that move are fetched anew, answers are told.
import { ask } from "./server.js";
import { Upload } from "./upload.js";

const AT_ONCE = 2;
const WORDS = {
  queued: "waits for its turn",
  sending: "",
  lost: "The connection was lost; it goes on by itself.",
  paused: "paused",
  finishing: "is all here",
  done: "is all here",
  cancelled: "given up",
};
const root = document.getElementById("library");
const brings = root?.hasAttribute("data-brings");
const uploads = new Map();

const say = (words, { failed = false } = {}) => {
  const line = document.createElement("p");
  line.className = `message ${failed ? "message-error" : "message-success"}`;
  line.textContent = words;
  const open = document.querySelector("dialog[open] [data-errors]");
  if (failed && open) open.textContent = words;
  else document.getElementById("said").replaceChildren(line);
};

// --- Sending ---

const size = (count) => {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let value = count;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
};

const took = (seconds) => {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
};

const words = (upload) => {
  if (upload.state === "failed") return upload.message;
  if (upload.state !== "sending") return upload.message || WORDS[upload.state];
  const left = upload.rate > 0 ? `, about ${took((upload.file.size - upload.sent) / upload.rate)} left` : "";
  const again = upload.resumed ? "gone on with, " : "";
  return `${again}${size(upload.sent)} of ${size(upload.file.size)}${left}`;
};

const active = (upload) => !["done", "cancelled"].includes(upload.state);

const draw = (upload, row) => {
  const { state } = upload;
  const percent = `${Math.floor(100 * upload.share)} %`;
  row.dataset.state = state;
  row.querySelector(".transfer-said").textContent = words(upload);
  row.querySelector(".transfer-said").classList.toggle("error-line", state === "failed");
  row.querySelector(".transfer-said").classList.toggle("meta", state !== "failed");
  const bar = row.querySelector("progress");
  bar.value = upload.share;
  row.querySelector(".transfer-share").textContent = percent;
  row.querySelector("[data-does=pause]").hidden = !["queued", "sending", "lost"].includes(state);
  const resume = row.querySelector("[data-does=resume]");
  resume.hidden = !["paused", "failed", "lost"].includes(state) || upload.isFinal === true;
  resume.textContent = state === "failed" ? "Try again" : state === "lost" ? "Try now" : "Go on";
  const cancel = row.querySelector("[data-does=cancel]");
  cancel.hidden = ["finishing", "done", "cancelled"].includes(state);
  cancel.textContent = upload.isFinal ? "Dismiss" : "Cancel";
  bar.hidden = upload.isFinal === true;
  row.querySelector(".transfer-share").hidden = upload.isFinal === true;
  for (const button of row.querySelectorAll("[data-does]")) button.setAttribute("aria-label", `${button.textContent} ${upload.file.name}`);
};

const hideTwins = () => {
  // What this page sends is told by it, not by the server too.
  const here = new Set([...uploads.keys()].filter((upload) => upload.id && active(upload)).map((upload) => upload.id));
  const list = document.getElementById("incoming");
  if (!list) return;
  let shown = 0;
  for (const row of list.querySelectorAll("[data-intake]")) {
    row.hidden = row.dataset.state === "open" && here.has(row.dataset.intake);
    if (!row.hidden) shown += 1;
  }
  list.hidden = shown === 0;
};

const fetchIncoming = () => {
  const list = document.getElementById("incoming");
  if (list) htmx.trigger(list, "news");
};

const next = () => {
  const all = [...uploads.keys()];
  let busy = all.filter((upload) => ["sending", "finishing", "lost"].includes(upload.state)).length;
  for (const upload of all) {
    if (busy >= AT_ONCE) return;
    if (upload.state !== "queued") continue;
    busy += 1;
    upload.start();
  }
};

const changed = (upload, row, before) => {
  draw(upload, row);
  if (before === upload.state) return;
  const spoken = document.getElementById("uploads-spoken");
  if (upload.state === "failed") spoken.textContent = `${upload.file.name}: ${upload.message}`;
  if (upload.state === "done" || upload.state === "cancelled") {
    row.remove();
    uploads.delete(upload);
    spoken.textContent = `${upload.file.name} ${WORDS[upload.state]}.`;
    document.getElementById("uploads").hidden = uploads.size === 0;
    fetchIncoming();
  }
  hideTwins();
  next();
};

const same = (one, other) => one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;

const add = (file) => {
  const twin = [...uploads.keys()].find((upload) => same(upload.file, file));
  if (twin) {
    twin.start();
    return;
  }
  const workspace = document.getElementById("workspace")?.value ?? null;
  const upload = new Upload(file, { workspace });
  const row = document.getElementById("upload-row").content.firstElementChild.cloneNode(true);
  row.querySelector(".transfer-name").textContent = file.name;
  row.querySelector("progress").setAttribute("aria-label", file.name);
  row.querySelector("[data-does=pause]").addEventListener("click", () => upload.pause());
  row.querySelector("[data-does=resume]").addEventListener("click", () => upload.start());
  row.querySelector("[data-does=cancel]").addEventListener("click", async () => {
    try {
      await upload.cancel();
      if (upload.id) say(`${file.name} is given up; nothing of it is kept.`);
    } catch (error) {
      say(error.message, { failed: true });
    }
    fetchIncoming();
  });
  uploads.set(upload, row);
  let before = upload.state;
  upload.addEventListener("change", () => {
    const last = before;
    before = upload.state;
    changed(upload, row, last);
  });
  const section = document.getElementById("uploads");
  section.hidden = false;
  section.querySelector("ul").append(row);
  draw(upload, row);
  next();
};

const addAll = (files) => [...files].forEach(add);

if (brings) {
  const chooser = document.getElementById("files");
  document.getElementById("choose").addEventListener("click", () => chooser.click());
  document.addEventListener("click", (event) => event.target.closest("[data-chooses]") && chooser.click());
  chooser.addEventListener("change", () => {
    addAll(chooser.files);
    chooser.value = "";
  });
  const drop = document.getElementById("drop");
  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  window.addEventListener("dragenter", (event) => holdsFiles(event) && (drop.hidden = false));
  window.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
  window.addEventListener("dragleave", (event) => event.relatedTarget === null && (drop.hidden = true));
  window.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    drop.hidden = true;
    const entries = [...event.dataTransfer.items].filter((item) => item.kind === "file").map((item) => [item.webkitGetAsEntry?.(), item.getAsFile()]);
    addAll(entries.filter(([entry]) => !entry?.isDirectory).map(([, file]) => file));
    const folder = entries.find(([entry]) => entry?.isDirectory);
    if (folder) say(`${folder[0].name} is a folder; open it and drop the videos in it.`, { failed: true });
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...uploads.keys()].some((upload) => ["sending", "lost"].includes(upload.state))) event.preventDefault();
  });
}

// --- What moves is fetched anew ---

const told = new Set();
const asked = new WeakMap();

const isEdited = () => document.activeElement?.closest("#library-list input, #library-list textarea");

const fetchList = () => {
  const filter = document.getElementById("library-filter");
  if (!filter) return;
  const given = new URLSearchParams(window.location.search);
  const part = document.getElementById("library-list");
  if (isEdited()) {
    part.dataset.stale = "";
    return;
  }
  htmx.ajax("GET", `${filter.getAttribute("hx-get")}?${given}`, { target: "#library-list", swap: "outerHTML" });
};

document.addEventListener("focusout", () => {
  const part = document.getElementById("library-list");
  setTimeout(() => part?.isConnected && "stale" in part.dataset && !isEdited() && fetchList(), 200);
});

const news = ({ isFirst = false } = {}) => {
  const came = [];
  let changes = false;
  for (const one of document.querySelectorAll("[data-finished]")) {
    if (told.has(one.dataset.finished)) continue;
    told.add(one.dataset.finished);
    if (isFirst) continue;
    changes = true;
    if (one.dataset.state === "failed") say(one.dataset.said, { failed: true });
    else came.push(one.dataset.said);
  }
  if (came.length) say(came.length === 1 ? came[0] : `${came.length} files are in the library.`);
  hideTwins();
  if (changes) fetchList();
};

setInterval(() => {
  if (document.hidden) return;
  for (const part of document.querySelectorAll("[data-refresh]")) {
    const last = asked.get(part) ?? performance.now();
    asked.set(part, last);
    if (performance.now() - last < Number(part.dataset.refresh)) continue;
    asked.set(part, performance.now());
    htmx.trigger(part, "news");
  }
}, 250);

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "incoming" || document.getElementById("incoming")?.contains(event.target)) news();
  if (event.target.id === "question") {
    const dialog = document.getElementById("question-dialog");
    if (!dialog.open) dialog.showModal();
  }
});

document.addEventListener("library-changed", () => {
  fetchIncoming();
  fetchList();
});

// An Undo that was used is there no more.
document.addEventListener("click", (event) => {
  const undo = event.target.closest("[data-undoes]");
  if (undo) setTimeout(() => undo.isConnected && (undo.disabled = true));
});

document.addEventListener("htmx:beforeRequest", () => {
  for (const line of document.querySelectorAll("[data-errors]")) line.textContent = "";
});

document.addEventListener("htmx:responseError", (event) => {
  const answer = event.detail.xhr;
  if (answer.getResponseHeader("X-Part")) return;
  let message = `The server refused this (${answer.status}).`;
  try {
    message = JSON.parse(answer.responseText).error.message;
  } catch {
    // A proxy in between answered.
  }
  say(message, { failed: true });
});

// --- Buttons that ask the API ---

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-asks]");
  if (!button) return;
  button.disabled = true;
  try {
    await ask(button.dataset.asks, { method: button.dataset.method });
    if (button.dataset.said) say(button.dataset.said);
  } catch (error) {
    say(error.message, { failed: true });
  }
  button.disabled = false;
  fetchIncoming();
});

// A form tells the names of files in a folder, but not where they lie in it.
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.paths;
  if (!name) return;
  const list = event.target.form.elements.brand_list;
  const before = [...(list?.files ?? [])].map((file) => file.name);
  const paths = [...event.target.files].map((file) => file.webkitRelativePath || file.name);
  event.target.form.elements[name].value = JSON.stringify([...before, ...paths]);
});

news({ isFirst: true });
