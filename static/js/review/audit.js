// The audit page: a sample of seconds, a question about each, answered by keys. Answers are sent behind, in order.
import { ask } from "../server.js";
import { Clip } from "./clip.js";
import { keysAreOn } from "./keyboard.js";
import { choose, namesOf } from "./names.js";
import { Outbox } from "./outbox.js";
import { clock, element } from "./words.js";

const AHEAD = 3;
const TYPES = "input, select, textarea, button, a, summary, [contenteditable]";
const WORDS = { "": "", yes: "yes", no: "no", unclear: "cannot tell" };
const byId = (id) => document.getElementById(id);

const sayError = (words) => byId("said").replaceChildren(element("p", { class: "message message-error", text: words }));

byId("start")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    await ask(form.dataset.address, { method: "POST", body: { size: Number(byId("size").value) } });
    window.location.href = window.location.pathname;
  } catch (error) {
    sayError(error.message);
    button.disabled = false;
  }
});

const root = byId("review");

const begin = async () => {
  const { audit, job } = root.dataset;
  const mayDecide = "mayDecide" in root.dataset;
  const items = (await ask(`/api/detect/audits/${audit}/items`)).items;
  const answered = [];
  const pictures = new Map();
  const clip = new Clip(() => {});
  let place = Math.max(0, items.findIndex((item) => !item.verdict));

  const current = () => items[place];

  const row = (item) => {
    const what = item.kind === "claimed" ? item.brand : "Another brand";
    const said = element("span", { class: "meta", text: [clock(item.t_s, 0), WORDS[item.verdict], item.missed.join(", ")].filter(Boolean).join(" · ") });
    return element("li", { "data-number": item.number }, element("button", { type: "button", class: "queue-entry" }, element("b", { text: `${what}?` }), said));
  };

  const draw = (item) => byId("queue").querySelector(`[data-number="${item.number}"]`).replaceWith(row(item));

  const tally = () => {
    byId("tally-answered").textContent = items.filter((item) => item.verdict).length;
  };

  const mark = () => {
    for (const line of byId("queue").children) {
      const here = Number(line.dataset.number) === current()?.number;
      line.classList.toggle("here", here);
      const button = line.querySelector("button");
      if (here) {
        button.setAttribute("aria-current", "true");
        const list = byId("queue");
        const over = line.offsetTop - list.scrollTop;
        if (over < 0 || over + line.offsetHeight > list.clientHeight) list.scrollTop = line.offsetTop - list.clientHeight / 3;
      } else button.removeAttribute("aria-current");
    }
  };

  const show = () => {
    const item = current();
    byId("item").hidden = !item;
    byId("nothing").hidden = Boolean(item);
    mark();
    if (!item) {
      clip.pause();
      return;
    }
    const claimed = item.kind === "claimed";
    byId("item-title").textContent = claimed ? `Is ${item.brand} there?` : "Is a brand there that the report does not have?";
    const others = claimed ? [] : [item.claims.length ? `The report has ${item.claims.join(", ")}.` : "The report has none in this second."];
    byId("item-facts").replaceChildren(...[...others, `${clock(item.t_s)} – ${clock(item.t_s + 1)}`, item.verdict && `Answered: ${WORDS[item.verdict]}${item.missed.length ? `, ${item.missed.join(", ")}` : ""}`].filter(Boolean).map((text) => element("span", { text })));
    const frame = byId("item-frame");
    frame.classList.remove("gone");
    frame.src = item.picture;
    frame.alt = `The frame at ${clock(item.t_s)}`;
    for (const button of byId("verdicts").querySelectorAll("button")) button.disabled = !mayDecide;
    byId("one-more").hidden = claimed || item.verdict !== "yes";
    byId("spoken").textContent = byId("item-title").textContent;
    clip.show({ job, key: String(item.number) }, [item.t_s, item.t_s + 1]);
    for (const next of items.slice(place + 1, place + 1 + AHEAD)) {
      if (pictures.has(next.picture)) continue;
      const picture = new Image();
      picture.src = next.picture;
      pictures.set(next.picture, picture);
    }
  };

  const outbox = new Outbox(`mpr.audit.outbox.${root.dataset.person}`, {
    changed: (box) => {
      root.dataset.unsent = box.length;
      const told = byId("unsent");
      told.hidden = !box.isBroken || !box.length;
      if (!told.hidden) told.textContent = `${box.length === 1 ? "One answer waits" : `${box.length} answers wait`} to be sent. The line is broken; they are kept in this browser and sent by themselves when it is back. Go on.`;
    },
    done: () => {},
    refused: (entry, error) => {
      sayError(error.message);
      const item = items.find((one) => one.number === entry.number);
      if (!item) return;
      Object.assign(item, entry.before);
      draw(item);
      tally();
      mark();
    },
  });

  const give = (item, verdict, missed = []) => {
    const before = { verdict: item.verdict, missed: item.missed };
    Object.assign(item, { verdict, missed });
    draw(item);
    tally();
    outbox.put({ address: `/api/detect/audits/${audit}/items/${item.number}`, number: item.number, before, body: { verdict, missed } });
  };

  const forward = () => {
    const next = items.findIndex((item, number) => number > place && !item.verdict);
    const first = items.findIndex((item) => !item.verdict);
    place = next >= 0 ? next : first >= 0 ? first : items.length;
    show();
    byId("item-title").focus({ preventScroll: true });
  };

  const settle = (verdict) => {
    const item = current();
    if (!item || !mayDecide) return;
    if (item.kind === "any" && verdict === "yes") {
      named(item, []);
      return;
    }
    answered.push(item);
    give(item, verdict);
    forward();
  };

  const named = (item, before) => {
    choose(job, { fresh: true }, (name) => {
      answered.push(item);
      give(item, "yes", [...before, name]);
      if (before.length) show();
      else forward();
    });
  };

  byId("verdicts").addEventListener("click", (event) => {
    const button = event.target.closest("button[data-verdict]");
    if (button && !button.disabled) settle(button.dataset.verdict);
  });
  byId("one-more").addEventListener("click", () => {
    const item = current();
    if (item && item.verdict === "yes") named(item, item.missed);
  });
  byId("undo").addEventListener("click", () => {
    const item = answered.pop() ?? (current()?.verdict ? current() : null);
    if (!item || !mayDecide) return;
    give(item, "");
    place = items.indexOf(item);
    show();
  });
  byId("queue").addEventListener("click", (event) => {
    const line = event.target.closest("[data-number]");
    if (!line) return;
    place = items.findIndex((item) => item.number === Number(line.dataset.number));
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || !keysAreOn()) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
    const key = event.key.toUpperCase();
    const by = key === "J" ? 1 : key === "K" ? -1 : 0;
    if (by) {
      place = Math.min(items.length - 1, Math.max(0, place + by));
      show();
    } else if (event.key === " " && !event.target.closest(TYPES)) clip.toggle();
    else return;
    event.preventDefault();
  });
  byId("item-frame").addEventListener("error", () => byId("item-frame").classList.add("gone"));

  byId("queue").replaceChildren(...items.map(row));
  if (items.length && items.every((item) => item.verdict)) place = items.length;
  namesOf(job).catch(() => {});
  outbox.start();
  tally();
  show();
};

if (root) begin().catch((error) => sayError(error.message));
