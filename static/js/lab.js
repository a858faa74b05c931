// The lab: walking through the tree, the settings' sliders and resets, and Enter.
import "./lab_compare.js";
import "./lab_live.js";

const FIELDS = "input, select, textarea, button, a, summary, [contenteditable], [role=treeitem]";
const $ = (id) => document.getElementById(id);

// --- The tree, by the ARIA tree pattern ---

const items = () => [...document.querySelectorAll("#tree [role=treeitem]")];
const shown = () => items().filter((item) => !item.hidden);
const level = (item) => Number(item.getAttribute("aria-level"));
const isOpen = (item) => item.getAttribute("aria-expanded");
// A tree that was fetched anew keeps what was opened, what was closed, and where the focus was.
const opened = new Map();

const fold = () => {
  let closedAt = 0;
  for (const item of items()) {
    if (closedAt && level(item) <= closedAt) closedAt = 0;
    item.hidden = closedAt > 0;
    if (!closedAt && isOpen(item) === "false") closedAt = level(item);
  }
};

const open = (item, yes) => {
  item.setAttribute("aria-expanded", yes ? "true" : "false");
  opened.set(item.id, yes);
  fold();
};

const focus = (item) => {
  if (!item) return;
  for (const other of items()) other.tabIndex = other === item ? 0 : -1;
  item.focus();
  item.scrollIntoView({ block: "nearest" });
};

const above = (item) => {
  const all = items();
  return all.slice(0, all.indexOf(item)).reverse().find((other) => level(other) < level(item));
};

const go = (item) => {
  const address = item.dataset.address;
  if (!address) return;
  const here = $("stage-choice")?.dataset.lab;
  const [path, query] = address.split("?");
  if (path === here && query) choose(query.replace("stage=", ""), item);
  else window.location.assign(address);
};

// Another stage of the same job: only the form is fetched.
const choose = async (stage, item) => {
  const lab = $("stage-choice").dataset.lab;
  await htmx.ajax("GET", `${lab}/settings?stage=${encodeURIComponent(stage)}`, { target: "#lab-middle", swap: "outerHTML" });
  window.history.replaceState(null, "", `${lab}?stage=${encodeURIComponent(stage)}`);
  for (const other of items()) {
    const isHere = item ? other === item : other.dataset.address === `${lab}?stage=${stage}`;
    other.setAttribute("aria-selected", isHere ? "true" : "false");
    if (isHere) other.setAttribute("aria-current", "true");
    else other.removeAttribute("aria-current");
  }
  $("tree").setAttribute("hx-get", `${lab}/tree?stage=${encodeURIComponent(stage)}`);
  const viewer = $("viewer-stage");
  if (viewer && [...viewer.options].some((option) => option.value === stage)) {
    viewer.value = stage;
    htmx.trigger(viewer.form, "change");
  }
};

let typed = "";
let typedAt = 0;
const find = (letter, from) => {
  typed = Date.now() - typedAt > 800 ? letter : typed + letter;
  typedAt = Date.now();
  const all = shown();
  const begin = all.indexOf(from) + (typed.length === 1 ? 1 : 0);
  const turned = [...all.slice(begin), ...all.slice(0, begin)];
  focus(turned.find((item) => item.querySelector(".tree-name").textContent.trim().toLowerCase().startsWith(typed)));
};

const moves = {
  ArrowDown: (item) => focus(shown()[shown().indexOf(item) + 1]),
  ArrowUp: (item) => focus(shown()[shown().indexOf(item) - 1]),
  Home: () => focus(shown()[0]),
  End: () => focus(shown().at(-1)),
  ArrowRight: (item) => {
    if (isOpen(item) === "false") open(item, true);
    else if (isOpen(item)) focus(shown()[shown().indexOf(item) + 1]);
  },
  ArrowLeft: (item) => {
    if (isOpen(item) === "true") open(item, false);
    else focus(above(item));
  },
  Enter: go,
  " ": go,
  "*": (item) => {
    for (const other of items()) if (above(other) === above(item) && isOpen(other)) open(other, true);
  },
};

document.addEventListener("keydown", (event) => {
  const item = event.target.closest?.("#tree [role=treeitem]");
  if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
  if (moves[event.key]) moves[event.key](item);
  else if (/^\p{L}$/u.test(event.key)) find(event.key.toLowerCase(), item);
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

document.addEventListener("click", (event) => {
  // Its key presses the tree itself.
  if (event.target.matches("#tree [role=tree]")) focus(shown().find((item) => item.tabIndex === 0) ?? shown()[0]);
  const item = event.target.closest("#tree [role=treeitem]");
  if (!item) return;
  if (event.target.closest(".tree-twist") && isOpen(item)) open(item, isOpen(item) !== "true");
  else go(item);
  focus(item);
});

let focused = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.id === "tree") focused = document.activeElement?.closest?.("#tree [role=treeitem]")?.id ?? null;
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "tree") return;
  for (const [id, yes] of opened) if ($(id)?.hasAttribute("aria-expanded")) $(id).setAttribute("aria-expanded", yes ? "true" : "false");
  fold();
  if (focused && $(focused)) focus($(focused));
});

// --- The settings ---

const control = (field) => field.querySelector(".exact, .field-control > select, .field-control > textarea, .field-control > input[type=text]");
const ticks = (field) => [...field.querySelectorAll("input[type=checkbox]")];

const value = (field) => {
  const kind = field.dataset.kind;
  if (kind === "boolean") return ticks(field)[0].checked ? "on" : "";
  if (kind === "choices") return JSON.stringify(ticks(field).filter((tick) => tick.checked).map((tick) => tick.value).sort());
  return control(field).value.trim();
};

const same = (field) => {
  const kind = field.dataset.kind;
  const profile = field.dataset.profile;
  if (kind === "choices") return value(field) === JSON.stringify(JSON.parse(profile).map(String).sort());
  if (kind === "number" || kind === "integer") return value(field) !== "" && Number(value(field)) === Number(profile);
  return value(field) === profile.trim();
};

const mark = (field) => {
  const differs = !same(field);
  field.classList.toggle("differs", differs);
  field.querySelector("[data-reset]").hidden = !differs;
  const count = document.querySelectorAll("#settings .field.differs").length;
  const told = $("differing");
  const name = told.dataset.beside;
  told.textContent = count ? `${count} differ${count === 1 ? "s" : ""} from ${name}` : `As in ${name}`;
  $("reset-all").disabled = count === 0;
};

const slide = (field) => {
  const slider = field.querySelector(".slider");
  const number = Number(control(field).value);
  if (slider && Number.isFinite(number)) {
    if (number > Number(slider.max)) slider.max = number;
    slider.value = number;
  }
};

document.addEventListener("put-setting", ({ detail: { name, value: text } }) => {
  const field = document.querySelector(`#settings [data-field="${CSS.escape(name)}"]`);
  if (!field) return;
  control(field).value = text;
  slide(field);
  mark(field);
  field.dispatchEvent(new CustomEvent("setting", { bubbles: true }));
});

const reset = (field) => {
  const { kind, profile } = field.dataset;
  if (kind === "boolean") ticks(field)[0].checked = profile === "on";
  else if (kind === "choices") {
    const wanted = JSON.parse(profile).map(String);
    for (const tick of ticks(field)) tick.checked = wanted.includes(tick.value);
  } else control(field).value = profile;
  slide(field);
  mark(field);
  field.dispatchEvent(new CustomEvent("setting", { bubbles: true }));
};

document.addEventListener("input", (event) => {
  const field = event.target.closest("#settings .field");
  if (!field) return;
  if (event.target.matches(".slider")) control(field).value = String(Number(event.target.value));
  else slide(field);
  field.classList.remove("wrong");
  control(field)?.removeAttribute("aria-invalid");
  mark(field);
  field.dispatchEvent(new CustomEvent("setting", { bubbles: true }));
});

document.addEventListener("click", (event) => {
  const one = event.target.closest("#settings [data-reset]");
  if (one) {
    const field = one.closest(".field");
    reset(field);
    (control(field) ?? ticks(field)[0]).focus();
  }
  if (event.target.closest("#reset-all")) for (const field of document.querySelectorAll("#settings .field.differs")) reset(field);
});

document.addEventListener("change", (event) => {
  if (event.target.id === "stage-choice") choose(event.target.value);
  if (event.target.id === "compare-with") {
    const here = event.target.dataset.compare;
    const job = here.match(/compare\/([^/]+)$/)[1];
    const stage = encodeURIComponent($("stage-choice").value);
    const address = here.replace(/jobs\/[^/]+\/compare/, `jobs/${event.target.value}/compare`).replace(/compare\/[^/]+$/, `compare/${job}`);
    const part = $("compare");
    part.setAttribute("hx-get", `${address}/part?stage=${stage}`);
    htmx.process(part);
    htmx.ajax("GET", `${address}/part?stage=${stage}`, { target: "#compare", swap: "innerHTML" });
  }
});

// What was refused is where the person looks next.
document.addEventListener("htmx:afterSettle", (event) => {
  const wrong = event.target.id === "lab-middle" && document.querySelector("#settings .wrong");
  if (wrong) (control(wrong) ?? ticks(wrong)[0])?.focus();
  if (event.target.id !== "label-form" || !document.querySelector("#label-form [data-saved]")) return;
  const label = $("label");
  const name = document.querySelector(`[data-label-of="${label.dataset.checkpoint}"]`);
  if (name) name.textContent = label.value.trim() ? `“${label.value.trim()}”` : "";
  label.focus();
});

document.addEventListener("promoted", () => $("promote-dialog")?.close());

// Enter replays wherever nothing else would take it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest(FIELDS) || document.querySelector("dialog[open]")) return;
  let keys = "on";
  try {
    keys = localStorage.getItem("mpr.keys") ?? "on";
  } catch {
    keys = "on";
  }
  if (keys !== "off") $("replay")?.click();
});
