// Two pictures of one frame with a boundary between them: drag it, or use the slider's arrow keys. Frames are chosen
// from the strip below.
const $ = (id) => document.getElementById(id);

const place = (percent) => {
  const pair = $("pair");
  if (!pair) return;
  const at = Math.min(100, Math.max(0, percent));
  pair.dataset.at = at;
  // These have no id: htmx would carry their style over as an attribute, which the content security policy forbids.
  pair.querySelector(".pair-over").style.setProperty("clip-path", `inset(0 ${100 - at}% 0 0)`);
  pair.querySelector(".pair-line").style.setProperty("left", `${at}%`);
  const slider = $("pair-slider");
  if (Number(slider.value) !== Math.round(at)) slider.value = Math.round(at);
  slider.setAttribute("aria-valuetext", `A ${Math.round(at)} percent, B ${100 - Math.round(at)} percent`);
};

const thumbs = () => [...document.querySelectorAll(".thumb")];

const choose = (thumb) => {
  for (const other of thumbs()) other.setAttribute("aria-pressed", other === thumb ? "true" : "false");
  for (const [id, address, letter] of [["pair-a", thumb.dataset.before, "A"], ["pair-b", thumb.dataset.after, "B"]]) {
    $(id).src = address;
    $(id).alt = `${letter}: ${thumb.dataset.words}`;
  }
  $("pair-words").textContent = thumb.dataset.words;
  const kept = $("viewer-frame");
  if (kept) kept.value = thumb.dataset.seq;
  thumb.scrollIntoView({ block: "nearest", inline: "nearest" });
};

const turn = (by) => {
  const all = thumbs();
  const now = all.findIndex((thumb) => thumb.getAttribute("aria-pressed") === "true");
  const next = all[Math.min(all.length - 1, Math.max(0, now + by))];
  if (next) choose(next);
};

document.addEventListener("input", (event) => {
  if (event.target.id === "pair-slider") place(Number(event.target.value));
});

document.addEventListener("click", (event) => {
  const thumb = event.target.closest(".thumb");
  if (thumb) choose(thumb);
  const step = event.target.closest("[data-frame-step]");
  if (step) turn(Number(step.dataset.frameStep));
});

document.addEventListener("pointerdown", (event) => {
  const pair = event.target.closest("#pair");
  if (!pair || event.button !== 0) return;
  event.preventDefault();
  pair.setPointerCapture(event.pointerId);
  const move = (moved) => {
    const box = pair.getBoundingClientRect();
    place(((moved.clientX - box.left) / box.width) * 100);
  };
  move(event);
  const end = () => {
    pair.removeEventListener("pointermove", move);
    pair.removeEventListener("pointerup", end);
    pair.removeEventListener("pointercancel", end);
  };
  pair.addEventListener("pointermove", move);
  pair.addEventListener("pointerup", end);
  pair.addEventListener("pointercancel", end);
});

document.addEventListener("htmx:afterSettle", () => {
  if ($("pair")) place(Number($("pair").dataset.at));
});

// On the page of a pair, choosing another job opens that pair.
document.addEventListener("change", (event) => {
  const chosen = event.target.closest("[data-pair]");
  if (!chosen) return;
  const [before, after] = ["A", "B"].map((letter) => document.querySelector(`[data-pair="${letter}"]`).value);
  window.location.assign(chosen.dataset.address.replace(/[^/]+\/compare\/[^/]+$/, `${before}/compare/${after}`));
});
