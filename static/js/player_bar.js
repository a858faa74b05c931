// Makes the markup of templates/assets/_player.html work. `mount(element)` gives its Player, the same one every time.
import { Player } from "./player.js";

const mounted = new WeakMap();

export const clock = (time_s) => {
  const whole_ms = Math.max(0, Math.round(time_s * 1000));
  const two = (number) => String(number).padStart(2, "0");
  const seconds = Math.floor(whole_ms / 1000);
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${String(whole_ms % 1000).padStart(3, "0")}`;
};

const clipsOf = (element) => JSON.parse(element.querySelector("[data-clips]")?.dataset.clips ?? "[]");

export const mount = (element) => {
  if (mounted.has(element)) return mounted.get(element);
  const video = element.querySelector("video");
  const player = new Player(video);
  mounted.set(element, player);
  const scrub = element.querySelector(".player-scrub");
  const time = element.querySelector('[data-show="time"]');
  const toggle = element.querySelector('[data-act="toggle"]');
  const mute = element.querySelector('[data-act="mute"]');
  const rate = element.querySelector(".player-rate");
  let dragged = false;

  const show = (time_s) => {
    time.textContent = clock(time_s);
    if (!dragged) scrub.value = time_s;
    scrub.setAttribute("aria-valuetext", clock(time_s));
  };
  const acts = {
    toggle: () => player.toggle(),
    back: () => player.step(-1),
    forward: () => player.step(1),
    mute: () => {
      video.muted = !video.muted;
    },
  };
  element.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button) acts[button.dataset.act]?.();
    else if (event.target === video) player.toggle();
  });
  scrub.addEventListener("input", () => {
    dragged = true;
    player.seek(Number(scrub.value));
    time.textContent = clock(Number(scrub.value));
  });
  scrub.addEventListener("change", () => {
    dragged = false;
  });
  rate.addEventListener("change", () => {
    player.rate = Number(rate.value);
  });
  video.addEventListener("volumechange", () => {
    mute.setAttribute("aria-pressed", String(video.muted));
    element.toggleAttribute("data-muted", video.muted);
  });
  player.onframe(show);
  player.onstate(({ paused, rate: now, trouble }) => {
    element.toggleAttribute("data-playing", !paused);
    toggle.setAttribute("aria-label", paused ? "Play" : "Pause");
    if ([...rate.options].some((option) => Number(option.value) === now)) rate.value = String(now);
    const told = element.querySelector('[data-show="trouble"]');
    if (told) {
      told.textContent = trouble;
      told.hidden = !trouble;
    }
  });
  element.addEventListener("htmx:load", () => {
    const clips = clipsOf(element);
    if (JSON.stringify(clips) !== JSON.stringify(player.clips)) player.clips = clips;
    element.toggleAttribute("data-empty", clips.length === 0);
  });
  const clips = clipsOf(element);
  element.toggleAttribute("data-empty", clips.length === 0);
  player.clips = clips;
  return player;
};

for (const element of document.querySelectorAll("[data-player]")) mount(element);
