// Keys, dialogs and pictures in large. What has data-key is pressed, or focused when it is a field, by that key alone;
// again while the key is held when it has data-repeats.
const KEPT = "mpr.keys";
const TYPES = "input, select, textarea, [contenteditable]";
// What takes letters for itself; a box that is ticked does not.
const WRITES = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";

const areOn = () => {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
};

const press = (element) => {
  if (element.matches(TYPES)) element.focus();
  else if (element.matches("[data-goes]")) element.focus();
  else element.click();
  if (element.matches("[data-goes]")) element.scrollIntoView({ block: "center" });
};

const show = (dialog) => dialog && !dialog.open && dialog.showModal();

const frames = () => [...document.querySelectorAll("a[data-frame]")];
let shown = null;

const enlarge = (frame) => {
  const dialog = document.getElementById("frame-dialog");
  if (!frame || !dialog) return;
  shown = frame.id;
  const large = document.getElementById("frame-large");
  large.src = frame.href;
  large.alt = frame.querySelector("img").alt;
  document.getElementById("frame-caption").textContent = large.alt;
  show(dialog);
};

// The strip has the newest first.
const turn = (by) => {
  const all = frames();
  const now = all.findIndex((frame) => frame.id === shown);
  enlarge(all[Math.min(all.length - 1, Math.max(0, now - by))]);
};

document.addEventListener("keydown", (event) => {
  const open = document.querySelector("dialog[open]");
  if (open && open.id === "frame-dialog" && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
    turn(event.key === "ArrowLeft" ? -1 : 1);
    return;
  }
  // On many keyboards [ and ] are typed with AltGr, which browsers tell as Ctrl and Alt.
  const chord = (event.ctrlKey || event.metaKey || event.altKey) && !event.getModifierState("AltGraph");
  if (open || chord || event.target.closest(WRITES) || !areOn()) return;
  const key = event.key.length === 1 ? event.key.toUpperCase() : "";
  const wanted = key && document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!wanted || wanted.disabled || wanted.closest("[hidden]") || (event.repeat && !("repeats" in wanted.dataset))) return;
  event.preventDefault();
  press(wanted);
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) show(document.getElementById(opener.dataset.opens));
  if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
  const dismisses = event.target.closest("[data-dismisses]");
  if (dismisses) document.getElementById(dismisses.dataset.dismisses).replaceChildren();
  const turns = event.target.closest("[data-turns]");
  if (turns) turn(Number(turns.dataset.turns));
  const frame = event.target.closest("a[data-frame]");
  if (frame && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    enlarge(frame);
  }
});

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-closes-dialog]")) event.target.closest("dialog").close();
});

const choice = document.getElementById("keys-on");
if (choice) {
  choice.checked = areOn();
  choice.addEventListener("change", () => {
    try {
      localStorage.setItem(KEPT, choice.checked ? "on" : "off");
    } catch {
      choice.checked = true;
    }
  });
}
