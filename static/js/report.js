// The report's page: video, outlines, timeline, table and settings in step with one another.
import { Boxes } from "./boxes.js";
import { Lanes } from "./lanes.js";
import { ask } from "./server.js";
import { Stills } from "./stills.js";

const FIELDS = 'input:not([type="range"]):not([type="checkbox"]), select, textarea, [contenteditable]';
const WAIT_MS = 250;

const area = document.getElementById("player");
const form = document.getElementById("look");
const lanesElement = document.getElementById("lanes");
let query = [...document.querySelectorAll("#evidence-filter [data-asked] input")].map((field) => `${encodeURIComponent(field.name)}=${encodeURIComponent(field.value)}`).join("&");

const say = (words, bad = false) => {
  const line = document.createElement("p");
  line.className = bad ? "message message-error" : "message";
  line.textContent = words;
  document.getElementById("said").replaceChildren(line);
};
const fail = (error) => say(error.message, true);

const keysOn = () => {
  try {
    return localStorage.getItem("mpr.keys") !== "off";
  } catch {
    return true;
  }
};

// --- what plays: the video where there is one, else stored frames

const screens = [];
let active = null;
let lanes = null;

const showVisible = (seen) => {
  const list = document.getElementById("visible");
  list.replaceChildren(
    ...seen.map(({ brand, colour, outlines }) => {
      const item = document.createElement("li");
      const swatch = document.createElement("i");
      swatch.className = `swatch lane-${colour}`;
      swatch.setAttribute("aria-hidden", "true");
      item.append(swatch, outlines.length > 1 ? `${brand} ×${outlines.length}` : brand);
      return item;
    }),
  );
  if (seen.length) return;
  const none = document.createElement("li");
  none.className = "meta";
  none.textContent = "no brand";
  list.append(none);
};

const addScreen = (element, player, media) => {
  const canvas = document.createElement("canvas");
  canvas.className = "boxes";
  element.querySelector(".player-stage").append(canvas);
  const screen = { element, player, media };
  screen.boxes = new Boxes(canvas, player, area.dataset.boxes, {
    media, query: Object.fromEntries(new URLSearchParams(query)), onerror: fail,
    ontold: (seen) => screen === active && showVisible(seen),
  });
  player.onframe((t_s) => screen === active && lanes?.time(t_s, !player.paused));
  screens.push(screen);
  return screen;
};

const activate = (screen) => {
  const at_s = active?.player.time_s ?? 0;
  active?.player.pause();
  active = screen;
  for (const one of screens) {
    // A player that waits for a copy says so; one that broke has nothing to say.
    one.element.hidden = one !== screen && (one.element.classList.contains("stills") || one.broken === true);
  }
  if (at_s) screen.player.seek(at_s);
  screen.boxes.said = null;
  screen.boxes.draw();
};

const seek = (t_s) => {
  if (!active) return;
  active.player.seek(t_s);
  lanes?.time(t_s, true);
  const box = area.getBoundingClientRect();
  if (box.bottom < 80 || box.top > window.innerHeight - 80) area.scrollIntoView({ block: "nearest" });
};

const start = async () => {
  const stillsElement = area.querySelector(".stills");
  const stills = new Stills(stillsElement, area.dataset.frame, Number(area.dataset.length));
  const still = addScreen(stillsElement, stills, stills.media);
  stills.frames = (t_s) => still.boxes.frames(t_s);
  const playerElement = area.querySelector("[data-player]");
  if (!playerElement) {
    activate(still);
    return;
  }
  const { mount } = await import("./player_bar.js");
  const player = mount(playerElement);
  const video = addScreen(playerElement, player, player.video);
  let broken = false;
  const choose = () => activate(broken || playerElement.hasAttribute("data-empty") ? still : video);
  choose();
  // The file may be gone, or this browser may not play it: then its frames are what there is.
  player.onstate(({ trouble }) => {
    if (!trouble || broken) return;
    broken = true;
    video.broken = true;
    choose();
  });
  // A copy that browsers can play may come while the page is open.
  new MutationObserver(choose).observe(playerElement, { attributes: true, attributeFilter: ["data-empty"] });
};

// One after the other: each goes on from where the one before arrived.
let going = Promise.resolve();
const goTo = (step) => {
  going = going.then(() => goNow(step));
};
const goNow = async (step) => {
  const address = new URL(lanesElement.dataset.next, window.location.href);
  address.search = query;
  address.searchParams.set("t_s", String(active.player.time_s));
  address.searchParams.set("step", String(step));
  if (lanes?.only) address.searchParams.set("brand", lanes.only);
  try {
    const found = await ask(address.pathname + address.search);
    active.player.pause();
    seek(found.start_s);
    lanes?.time(found.start_s, true);
    document.getElementById("spoken").textContent = found.said;
  } catch (error) {
    say(error.message, error.status !== 404);
  }
};

// --- settings: every change asks anew, the last one wins

let waits = 0;
let why = "";
const recompute = (what) => {
  why = what;
  clearTimeout(waits);
  waits = setTimeout(() => htmx.trigger(form, "recompute"), what === "preset" ? 0 : WAIT_MS);
};

// The settings as they were sent back are not put in the place of those that a hand is still on.
const patchSettings = (told) => {
  const here = document.getElementById("settings");
  here.querySelector("p.meta").textContent = told.querySelector("p.meta").textContent;
  for (const dial of told.querySelectorAll(".dial")) {
    const name = dial.querySelector("label").htmlFor;
    document.getElementById(name)?.closest(".dial").classList.toggle("dial-differs", dial.classList.contains("dial-differs"));
  }
};

const follow = (now) => {
  if (now === query) return;
  query = now;
  const values = new URLSearchParams(now);
  for (const holder of document.querySelectorAll("[data-asked]")) {
    holder.replaceChildren(
      ...[...values].map(([name, value]) => Object.assign(document.createElement("input"), { type: "hidden", name, value })),
    );
  }
  for (const link of document.querySelectorAll("#downloads a[data-address]")) {
    link.href = link.dataset.address + (now ? `?${now}` : "");
  }
  lanes?.forget(now);
  for (const screen of screens) screen.boxes.forget(Object.fromEntries(values));
  const filter = document.getElementById("evidence-filter");
  if (filter) htmx.trigger(filter, "anew");
  const open = document.getElementById("open-list");
  if (open) htmx.ajax("GET", `${open.dataset.address}${now ? `?${now}` : ""}`, { target: open, swap: "innerHTML" });
};

const listenToForm = () => {
  form.addEventListener("htmx:configRequest", (event) => {
    form.setAttribute("aria-busy", "true");
    // What is refused is refused with a sentence, not with a page.
    event.detail.headers.Accept = "application/json";
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.id !== "settings" || why === "preset") return;
    event.detail.shouldSwap = false;
    patchSettings(event.detail.fragment);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt !== form) return;
    form.removeAttribute("aria-busy");
    if (event.detail.successful) follow(event.detail.xhr.getResponseHeader("X-Query") ?? "");
  });
  form.addEventListener("htmx:responseError", (event) => {
    let words = "The server refused this.";
    try {
      words = JSON.parse(event.detail.xhr.responseText).error.message;
    } catch {
      // A page instead of a sentence.
    }
    say(words, true);
  });
  document.addEventListener("input", (event) => {
    const slider = event.target.closest("[data-slides]");
    if (slider) document.getElementById(slider.dataset.slides).value = slider.value;
    const number = event.target.closest("#settings [name]");
    if (number) {
      const beside = document.querySelector(`[data-slides="${number.id}"]`);
      if (beside) beside.value = number.value;
    }
    if (slider || number) recompute("dial");
    else if (event.target.closest("#look")) recompute(event.target.name);
  });
  document.addEventListener("click", (event) => {
    const sort = event.target.closest("button.sort");
    if (!sort) return;
    event.preventDefault();
    document.getElementById("sort-now").value = sort.value;
    recompute("sort");
  });
  form.addEventListener("submit", (event) => event.preventDefault());
};

// --- downloads that a worker prepares

const LOOK_MS = 600;
const PATIENCE_MS = 8000;

const prepare = async (link) => {
  const line = link.querySelector(".meta");
  const before = line.textContent;
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.setAttribute("aria-label", `Preparing ${link.querySelector("b").textContent}`);
  link.setAttribute("aria-busy", "true");
  link.append(bar);
  const began = Date.now();
  try {
    const [, asked = ""] = link.href.split("?");
    let told = await ask(link.dataset.prepare + (asked ? `?${asked}` : ""), { method: "POST" });
    while (told.state === "pending" || told.state === "running") {
      const late = told.state === "pending" && Date.now() - began > PATIENCE_MS;
      line.textContent = late ? "Waiting for a worker; another click loads it without one." : `Preparing, ${Math.round(told.progress * 100)} %`;
      if (told.progress) bar.value = told.progress;
      if (late) link.dataset.direct = "";
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      told = await ask(told.status);
    }
    if (told.state !== "done") throw new Error(told.error || "It was not made.");
    line.textContent = before;
    window.location.assign(told.file);
  } catch (error) {
    line.textContent = `${error.message} Click to try again.`;
  } finally {
    bar.remove();
    link.removeAttribute("aria-busy");
    delete link.dataset.direct;
  }
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-prepare]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || "direct" in link.dataset) return;
  event.preventDefault();
  if (!link.hasAttribute("aria-busy")) prepare(link);
});

// --- sharing

const listenToShare = () => {
  const sharing = document.getElementById("share-form");
  if (!sharing) return;
  const made = document.getElementById("share-made");
  const address = document.getElementById("share-address");
  sharing.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const told = await ask(sharing.action, { method: "POST", body: new FormData(sharing) });
      address.value = told.address;
      made.hidden = false;
      address.focus();
      address.select();
      htmx.ajax("GET", sharing.dataset.links, { target: "#links", swap: "outerHTML" });
    } catch (error) {
      sharing.querySelector("[data-trouble]").textContent = error.message;
    }
  });
  document.getElementById("share-copy").addEventListener("click", async (event) => {
    address.select();
    try {
      await navigator.clipboard.writeText(address.value);
      event.target.textContent = "Copied";
    } catch {
      event.target.textContent = "Press Ctrl+C";
    }
  });
};

// --- keys and clicks

const steer = (event) => {
  const { player } = active;
  const key = event.key.toLowerCase();
  const by = event.shiftKey ? 10 : 1;
  if (key === " ") player.toggle();
  else if (key === "arrowleft") seek(Math.max(0, player.time_s - by));
  else if (key === "arrowright") seek(player.time_s + by);
  else if (key === ",") player.step(-1);
  else if (key === ".") player.step(1);
  else if (key === "j") goTo(1);
  else if (key === "k") goTo(-1);
  else if (key === "b") document.getElementById("boxes-on").click();
  else if (key === "home") seek(0);
  else if (key === "end") seek(player.duration_s);
  else return false;
  return true;
};

document.addEventListener("keydown", (event) => {
  if (!active || event.ctrlKey || event.metaKey || event.altKey || !keysOn()) return;
  if (document.querySelector("dialog[open]") || event.target.closest(FIELDS)) return;
  // A focused control does what it does.
  if (event.key === " " && event.target.closest("button, a, summary, input")) return;
  if (event.key.startsWith("Arrow") && event.target.closest('input[type="range"]')) return;
  if (["Home", "End"].includes(event.key) && !event.target.closest(".lanes-view")) return;
  if (steer(event)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const moment = event.target.closest("[data-seek]");
  if (moment && active && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    active.player.pause();
    seek(Number(moment.dataset.seek));
  }
  const airing = event.target.closest("[data-airing]");
  if (airing && active) goTo(Number(airing.dataset.airing));
  for (const menu of document.querySelectorAll("details.menu[open], details.columns[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("change", (event) => {
  if (event.target.id !== "heat-plain") return;
  for (const picture of document.querySelectorAll(".heats img")) {
    const address = new URL(picture.src);
    address.searchParams.set("ground", event.target.checked ? "plain" : "frame");
    picture.src = address.pathname + address.search;
  }
});

if (area) {
  if (lanesElement) {
    lanes = new Lanes(lanesElement, { query, onerror: fail, onseek: (t_s) => seek(t_s) });
  }
  await start();
  const boxesOn = document.getElementById("boxes-on");
  boxesOn.checked = active.boxes.on;
  boxesOn.addEventListener("change", () => {
    for (const screen of screens) screen.boxes.on = boxesOn.checked;
  });
  const wanted = window.location.hash.match(/^#t=([\d.]+)$/);
  seek(wanted ? Number(wanted[1]) : 0);
  document.documentElement.dataset.ready = "report";
}
if (form) listenToForm();
listenToShare();
