// Choosing a brand by typing: the session's brands for another brand, any name for a new one.
import { ask } from "../server.js";
import { element } from "./words.js";

const MOST = 8;
const known = new Map();
const plain = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

const dialog = document.getElementById("names-dialog");
const field = document.getElementById("names-text");
const list = document.getElementById("names");
const wrong = document.getElementById("names-error");
let names = [];
let used = [];
let chosen = -1;
let isNew = false;
let take = null;

export const namesOf = (job) => {
  if (!known.has(job)) {
    const asked = ask(`/api/detect/jobs/${job}/review/brands`).then((answer) => answer.brands);
    asked.catch(() => known.delete(job));
    known.set(job, asked);
  }
  return known.get(job);
};

const matches = () => {
  const typed = plain(field.value.trim());
  const order = [...new Set([...used.filter((name) => names.includes(name)), ...names])];
  if (!typed) return order.slice(0, MOST);
  const begin = order.filter((name) => plain(name).startsWith(typed));
  const hold = order.filter((name) => !plain(name).startsWith(typed) && plain(name).includes(typed));
  return [...begin, ...hold].slice(0, MOST);
};

const draw = () => {
  const shown = matches();
  chosen = Math.min(chosen, shown.length - 1);
  if (!isNew && chosen < 0 && shown.length) chosen = 0;
  list.replaceChildren(
    ...shown.map((name, place) => element("li", { role: "option", id: `name-${place}`, "aria-selected": String(place === chosen), "data-name": name, text: name })),
  );
  list.hidden = shown.length === 0;
  field.setAttribute("aria-expanded", String(shown.length > 0));
  if (chosen >= 0) field.setAttribute("aria-activedescendant", `name-${chosen}`);
  else field.removeAttribute("aria-activedescendant");
};

const complain = (words) => {
  wrong.textContent = words;
  wrong.hidden = !words;
};

const finish = () => {
  const shown = matches();
  const typed = field.value.trim();
  const same = names.find((name) => plain(name) === plain(typed));
  const name = isNew && chosen < 0 ? same ?? typed : shown[chosen] ?? same;
  if (!name) {
    complain(isNew ? "Write the name of the brand." : `No brand of this session is called “${typed}”. For a new one close this and press N.`);
    return;
  }
  used = [name, ...used.filter((other) => other !== name)].slice(0, MOST);
  dialog.close();
  take(name);
};

// Opens the dialog; `then` is called with the name that was chosen. `besides` is the brand that it is not.
export const choose = (job, { fresh, suggested = "", besides = "" }, then) => {
  isNew = fresh;
  take = then;
  chosen = -1;
  names = [];
  document.getElementById("names-title").textContent = fresh ? "New brand" : "Another brand";
  document.getElementById("names-label").textContent = fresh ? "What is it called?" : "Which brand is it?";
  field.value = fresh ? suggested : "";
  complain("");
  draw();
  dialog.showModal();
  field.focus();
  field.select();
  namesOf(job).then(
    (found) => {
      names = found.filter((name) => plain(name) !== plain(besides));
      draw();
    },
    (error) => complain(error.message),
  );
};

field.addEventListener("input", () => {
  chosen = isNew ? -1 : 0;
  complain("");
  draw();
});
field.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const count = list.children.length;
    if (count) chosen = (chosen + (event.key === "ArrowDown" ? 1 : chosen < 0 ? 0 : -1) + count) % count;
    draw();
  }
});
list.addEventListener("click", (event) => {
  const option = event.target.closest("[data-name]");
  if (!option) return;
  chosen = [...list.children].indexOf(option);
  finish();
});
document.getElementById("names-form").addEventListener("submit", (event) => {
  event.preventDefault();
  finish();
});
