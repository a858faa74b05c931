// The bar above every page: the search over everything (a combobox after the ARIA Authoring Practices, list with manual
// selection) and how many workers are online.
import { ask } from "./server.js";

const WAIT_MS = 120;
const LOOK_MS = 20000;
const dialog = document.getElementById("search-dialog");
const text = document.getElementById("search-text");
const found = document.getElementById("search-found");
const said = document.getElementById("search-said");
const crew = document.getElementById("crew");

let timer = 0;
let asking = null;

const options = () => [...found.querySelectorAll('[role="option"]')];

const mark = (option) => {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) {
    text.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    text.removeAttribute("aria-activedescendant");
  }
};

const marked = () => found.querySelector('[aria-selected="true"]');

const show = (html, words) => {
  found.innerHTML = html;
  said.textContent = words;
  text.setAttribute("aria-expanded", String(options().length > 0));
  mark(options()[0] ?? null);
};

const look = async () => {
  asking?.abort();
  const wanted = text.value.trim();
  if (!wanted) {
    show("", "");
    return;
  }
  const mine = new AbortController();
  asking = mine;
  try {
    const answer = await ask(`${text.form.getAttribute("action")}?q=${encodeURIComponent(wanted)}`, { signal: mine.signal });
    if (asking !== mine) return;
    show(answer.options, answer.count ? `${answer.count} found` : "Nothing found. Three letters and more find what holds them, two what begins with them.");
  } catch (error) {
    if (error.name !== "AbortError") show("", error.message);
  }
};

const soon = () => {
  clearTimeout(timer);
  timer = setTimeout(look, WAIT_MS);
};

const go = (option) => {
  window.location.assign(option.dataset.address);
};

const move = (by) => {
  const all = options();
  if (!all.length) return;
  const now = all.indexOf(marked());
  mark(all[(now + by + all.length) % all.length]);
};

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

if (dialog) {
  text.addEventListener("input", soon);
  text.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key in STEPS) {
      event.preventDefault();
      move(STEPS[event.key]);
    } else if (event.key === "Enter" && marked()) {
      event.preventDefault();
      go(marked());
    } else if (event.key === "Escape" && text.value) {
      // The first Escape empties the field, the next closes the dialog.
      event.preventDefault();
      text.value = "";
      show("", "");
    }
  });
  found.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) go(option);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    if (document.querySelector("dialog[open]") && !dialog.open) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else dialog.showModal();
    text.select();
  });
}

const person = document.querySelector("details.person");
document.addEventListener("click", (event) => {
  if (person?.open && (!person.contains(event.target) || event.target.closest("[data-opens]"))) person.open = false;
});
person?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !person.open) return;
  person.open = false;
  person.querySelector("summary").focus();
});

const count = async () => {
  if (document.hidden) return;
  try {
    const answer = await ask(crew.dataset.address);
    crew.querySelector(".crew-words").textContent = answer.words;
    crew.classList.toggle("crew-none", !answer.online);
    crew.title = answer.sentence;
  } catch {
    // What was said last stays; the page tells by itself when the server is away.
  }
};

if (crew) {
  setInterval(count, LOOK_MS);
  document.addEventListener("visibilitychange", count);
}
