// Lists that grow at their beginning: data-grows is where to ask for what is newer than the first entry (data-seq),
// data-with a form whose values go with it, data-keep how many entries stay.
const busy = new Set();
const again = new Set();

const trim = (list) => {
  const entries = list.querySelectorAll("[data-seq]");
  list.querySelectorAll(".log-empty").forEach((empty) => entries.length && empty.remove());
  const keep = Number(list.dataset.keep);
  if (entries.length <= keep) return;
  for (const entry of [...entries].slice(keep)) entry.remove();
  // What was taken out is found again behind the last one that stayed.
  const older = list.querySelector(".log-older");
  const button = older && older.querySelector("button");
  if (!button) return;
  older.hidden = false;
  const address = new URL(button.getAttribute("hx-get"), window.location.href);
  address.searchParams.set("before", entries[keep - 1].dataset.seq);
  button.setAttribute("hx-get", address.pathname + address.search);
  htmx.process(older);
};

const grow = async (list) => {
  if (busy.has(list.id)) {
    again.add(list.id);
    return;
  }
  busy.add(list.id);
  const address = new URL(list.dataset.grows, window.location.href);
  const form = list.dataset.with && document.querySelector(list.dataset.with);
  if (form) for (const [name, value] of new FormData(form)) address.searchParams.set(name, value);
  const first = list.querySelector("[data-seq]");
  address.searchParams.set("after", first ? first.dataset.seq : "0");
  try {
    await htmx.ajax("GET", address.pathname + address.search, { source: list, target: list, swap: "afterbegin" });
  } finally {
    busy.delete(list.id);
  }
  trim(list);
  if (again.delete(list.id)) grow(list);
};

document.addEventListener("grow", (event) => grow(event.target));
