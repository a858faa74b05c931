// The review page: a queue of findings, one in large, and keys. A decision holds in the page at once and is sent behind it.
import { ask } from "../server.js";
import { Clip } from "./clip.js";
import { keysAreOn } from "./keyboard.js";
import { alike, facts, history, nothing, outline } from "./item.js";
import { List } from "./list.js";
import { choose, namesOf } from "./names.js";
import { Outbox } from "./outbox.js";
import { Shot } from "./shot.js";
import { say, sayError, tally } from "./tally.js";
import { offer, teaches } from "./teach.js";
import { clock, element, title, uuid } from "./words.js";

const DECISIONS = "/api/detect/review/decisions";
const UNDO = "/api/detect/review/undo";
const WINDOW = 50;
const FETCH_WHEN_LEFT = 15;
const AHEAD = 3;
const ENDS_WAIT_MS = 700;
const TYPES = "input, select, textarea, button, a, summary, [contenteditable]";

const root = document.getElementById("review");
const byId = (id) => document.getElementById(id);
const job = root.dataset.job || null;
const mayDecide = "mayDecide" in root.dataset;
const mayTeach = "mayTeach" in root.dataset;

const details = new Map();
const pictures = new Map();
const stack = [];
let after = "";
let fetching = false;
let seen = 0;
let detail = null;
let ends = null;
let endsTimer = 0;
let allAlike = false;
let generation = 0;

const list = new List(byId("queue"), {
  shows: () => show(),
  selects: (count) => {
    byId("selected").textContent = count ? `${count} selected: a decision is about all of them.` : "";
    byId("select-none").hidden = !count;
  },
});
const clip = new Clip((time_s) => shot.at(time_s));
const shot = new Shot(byId("shot"), {
  seek: (time_s) => clip.seek(time_s),
  moved: (which, time_s, done) => moveEnd(which, onFrame(time_s), done),
});

// ---- The way to the server

const outbox = new Outbox(`mpr.review.outbox.${root.dataset.person}`, {
  changed: (box) => {
    root.dataset.unsent = box.length;
    const told = byId("unsent");
    told.hidden = !box.isBroken || !box.length;
    if (!told.hidden) told.textContent = `${box.length === 1 ? "One decision waits" : `${box.length} decisions wait`} to be sent. The line is broken; they are kept in this browser and sent by themselves when it is back. Go on.`;
  },
  done: (entry, answer) => {
    if (entry.kind === "undo") {
      undone(answer);
      return;
    }
    const sent = stack.find((one) => one.batch === entry.body.batch);
    if (sent) sent.unsent = false;
    seen = Math.max(seen, answer.newest_decision);
    if (outbox.length <= 1) {
      tally.counts = answer.counts;
    }
    for (const key of answer.findings) details.delete(key);
    if (entry.body.all_alike) list.remove(answer.findings);
    if (answer.notes.length) say(answer.notes.join(" "));
    othersDecided(answer.others);
    if (entry.kept && detail) refresh();
  },
  refused: (entry, error) => {
    sayError(error.message);
    if (entry.kind === "undo") return;
    const place = stack.findIndex((one) => one.batch === entry.body.batch);
    if (place >= 0) restore(stack.splice(place, 1)[0], false);
    if (error.status === 404) load();
  },
});

const othersDecided = (others) => {
  const about = others.filter((one) => !job || one.job === job);
  if (!about.length) return;
  const gone = list.entries.filter((entry) => about.some((one) => one.job === entry.job && one.kind === entry.kind && one.start_s === entry.start_s && one.brand === entry.brand && ["accept", "reject", "rename", "no_brand"].includes(one.verdict)));
  const others_ = gone.filter((entry) => entry.key !== list.current?.key);
  if (others_.length) list.remove(others_.map((entry) => entry.key));
  const who = [...new Set(about.map((one) => one.made_by ?? "Somebody"))].join(", ");
  say(`${who} decided ${about.length} meanwhile.`);
};

// ---- The queue

const address = (more) => {
  const asked = new URLSearchParams({ order: byId("order").value, show: byId("show").value, limit: WINDOW });
  if (job) asked.set("job", job);
  if (more) asked.set("after", after);
  return `/api/detect/review/queue?${asked}`;
};

const fetchWindow = async (more) => {
  if (fetching && more) return;
  fetching = true;
  const mine = more ? generation : ++generation;
  try {
    const found = await ask(address(more));
    if (mine !== generation) return;
    after = found.after;
    seen = Math.max(seen, found.newest_decision);
    if (!outbox.length) tally.counts = found.counts;
    const unsent = new Set(stack.filter((one) => one.unsent).flatMap((one) => one.findings.map((finding) => finding.key)));
    list.add(found.findings.filter((finding) => !unsent.has(finding.key)), !more);
    if (!more) show();
  } catch (error) {
    sayError(error.message);
  } finally {
    fetching = false;
  }
};

const load = () => fetchWindow(false);

const more = () => {
  if (after && list.left < FETCH_WHEN_LEFT) fetchWindow(true);
};

// ---- One in large

const detailOf = (key) => {
  if (!details.has(key)) {
    const asked = ask(`/api/detect/review/items/${key}`);
    asked.catch(() => details.delete(key));
    details.set(key, asked);
  }
  return details.get(key);
};

const prefetch = () => {
  for (const finding of list.ahead(AHEAD)) {
    for (const address of [finding.frame, finding.picture]) {
      if (pictures.has(address)) continue;
      const picture = new Image();
      picture.src = address;
      pictures.set(address, picture);
    }
    detailOf(finding.key);
    clip.clipsOf(finding.job).catch(() => {});
  }
  while (pictures.size > 40) pictures.delete(pictures.keys().next().value);
};

const show = () => {
  flushEnds();
  const finding = list.current;
  byId("item").hidden = !finding;
  byId("nothing").hidden = Boolean(finding);
  detail = null;
  ends = null;
  if (!finding) {
    clip.pause();
    nothing(byId("show").value, tally.counts, root.dataset.sure);
    return;
  }
  allAlike = false;
  byId("item-title").textContent = title(finding);
  byId("item-facts").replaceChildren(...facts(finding, !job));
  const frame = byId("item-frame");
  frame.classList.remove("gone");
  frame.src = finding.frame;
  frame.alt = `${finding.brand || finding.text} in the frame at ${clock(finding.t_s)}`;
  outline(finding);
  byId("accept-words").textContent = finding.kind === "question" && finding.brand ? `It is ${finding.brand}` : finding.kind === "question" ? "Accept as…" : "Accept";
  alike(finding, [], { all: false, mayDecide });
  for (const button of byId("verdicts").querySelectorAll("button")) button.disabled = !mayDecide;
  byId("merge").disabled = !mayDecide || finding.kind !== "airing";
  byId("spoken").textContent = `${title(finding)}, ${clock(finding.start_s, 0)}`;
  detailOf(finding.key).then(
    (found) => {
      if (list.current?.key === found.key) fill(found);
    },
    (error) => list.current?.key === finding.key && sayError(error.message),
  );
  prefetch();
  more();
};

const fill = (found) => {
  detail = found;
  ends = [found.now.start_s, found.now.end_s];
  byId("item-facts").replaceChildren(...facts(found, !job));
  alike(found, found.alikes, { all: allAlike, mayDecide });
  drawShot();
  clip.show(found, ends);
  history(found.history);
};

const drawShot = () => {
  if (!detail) return;
  shot.draw(detail, ends);
  byId("shot-words").textContent = `${clock(detail.shot[0])} – ${clock(detail.shot[1])}, with ${detail.neighbours.length === 1 ? "one neighbour" : `${detail.neighbours.length} neighbours`}`;
  byId("start-time").textContent = clock(ends[0]);
  byId("end-time").textContent = clock(ends[1]);
  for (const button of document.querySelectorAll("[data-end][data-by]")) button.disabled = !mayDecide;
};

// What needs the details of what is shown, at once or as soon as they have come; no key is lost meanwhile.
const filled = (then) => {
  const key = list.current?.key;
  if (detail) then();
  else if (key) detailOf(key).then(() => list.current?.key === key && detail && then(), () => {});
};

const refresh = () => {
  const key = detail.key;
  details.delete(key);
  detailOf(key).then((found) => list.current?.key === key && !endsTimer && fill(found), () => {});
};

// ---- Deciding

const about = () => (list.selected.length ? list.selected : list.current ? [list.current] : []);

const send = (findings, body, kept = false) => {
  const batch = uuid();
  const entry = { address: DECISIONS, kind: "decide", kept, body: { findings: findings.map((one) => one.key), batch, seen, ...(job ? { job } : {}), ...body } };
  stack.push({ batch, findings, kept, unsent: true, place: list.place, all: Boolean(body.all_alike) });
  while (stack.length > 500) stack.shift();
  tally.decided();
  outbox.put(entry);
};

const settle = (verdict, more_ = {}) => {
  const findings = about();
  if (!findings.length || !mayDecide) return;
  if (verdict === "accept" && findings.some((one) => one.kind === "question" && !one.brand)) {
    ask_name(false);
    return;
  }
  flushEnds();
  const all = allAlike && findings.length === 1;
  const teachable = mayTeach && ["accept", "rename"].includes(verdict);
  offer(teachable ? { keys: findings.map((one) => one.key), text: findings[0].text, brand: more_.brand ?? findings[0].brand } : null);
  const counted = findings.filter((one) => one.state === "unreviewed");
  const whole = all ? list.entries.filter((one) => one.look === findings[0].look && one.job === findings[0].job && one.kind === findings[0].kind) : findings;
  tally.count(all ? whole.filter((one) => one.state === "unreviewed") : counted, 1);
  send(findings, { verdict, ...more_, ...(all ? { all_alike: true } : {}) });
  stack.at(-1).findings = whole;
  list.remove(whole.map((one) => one.key));
  byId("item-title").focus({ preventScroll: true });
};

const ask_name = (fresh) => {
  const findings = about();
  if (!findings.length || !mayDecide) return;
  choose(findings[0].job, { fresh, suggested: findings[0].text, besides: findings[0].kind === "airing" ? findings[0].brand : "" }, (name) => settle("rename", { brand: name }));
};

const amend = (verdict, more_ = {}) => {
  if (!list.current || !mayDecide) return;
  flushEnds();
  send([list.current], { verdict, ...more_ }, true);
  say(verdict === "merge" ? "Merged with the airing before it." : `Split at ${clock(more_.at_s)}.`);
};

const split = () => {
  const at_s = clip.time_s ?? detail.t_s;
  if (at_s <= ends[0] || at_s >= ends[1]) {
    sayError(`Move the moment between ${clock(ends[0])} and ${clock(ends[1])} first; Space stops it, a click on the shot moves it.`);
    return;
  }
  amend("split", { at_s });
};

const onFrame = (time_s) => Math.round(time_s * detail.fps) / detail.fps;

const moveEnd = (which, time_s, done = true) => {
  if (!detail || !mayDecide) return;
  const frame_s = 1 / detail.fps;
  const [from_s, to_s] = detail.shot;
  if (which === "start") ends = [Math.min(Math.max(from_s, time_s), ends[1] - frame_s), ends[1]];
  else ends = [ends[0], Math.max(Math.min(to_s, time_s), ends[0] + frame_s)];
  drawShot();
  clearTimeout(endsTimer);
  endsTimer = done ? setTimeout(flushEnds, ENDS_WAIT_MS) : -1;
};

const flushEnds = () => {
  if (!endsTimer) return;
  clearTimeout(endsTimer);
  endsTimer = 0;
  if (!detail || !ends) return;
  const before = [detail.now.start_s, detail.now.end_s];
  if (Math.abs(before[0] - ends[0]) < 1e-6 && Math.abs(before[1] - ends[1]) < 1e-6) return;
  detail.now = { ...detail.now, start_s: ends[0], end_s: ends[1] };
  const finding = list.entries.find((one) => one.key === detail.key) ?? detail;
  send([finding], { verdict: "ends", start_s: ends[0], end_s: ends[1] }, true);
  byId("spoken").textContent = `Now ${clock(ends[0])} to ${clock(ends[1])}`;
  clip.show(detail, ends);
};

// ---- Taking back

const undo = () => {
  if (!mayDecide) return;
  flushEnds();
  const unsent = outbox.takeBack();
  if (unsent) {
    const place = stack.findIndex((one) => one.batch === unsent.body.batch);
    if (place >= 0) restore(stack.splice(place, 1)[0], true);
    return;
  }
  outbox.put({ address: UNDO, kind: "undo", body: job ? { job } : {} });
};

// Back into the queue, in front, and shown.
const restore = (one, show_) => {
  tally.takenBack();
  if (one.kept) {
    if (detail) refresh();
    return;
  }
  tally.count(one.findings.filter((finding) => finding.state === "unreviewed"), -1);
  list.putBack(one.findings, one.place, show_);
};

const undone = (answer) => {
  const last = stack.at(-1);
  const mine = last && last.findings.some((one) => answer.findings.includes(one.key)) ? stack.pop() : null;
  for (const key of answer.findings) details.delete(key);
  if (mine) {
    if (mine.kept && mine.findings[0].key !== list.current?.key) list.putBack(mine.findings, list.place, true);
    else restore(mine, true);
  } else if (answer.first) {
    list.putBack([answer.first], list.place, true);
  }
  tally.counts = answer.counts;
  say(`Undone: ${answer.words}.`, ...(answer.more ? [again()] : []));
};

const again = () => {
  const button = element("button", { type: "button", class: "small", text: "Undo one more" });
  button.addEventListener("click", undo);
  return button;
};

// ---- Keys and buttons

byId("verdicts").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || button.disabled) return;
  const { verdict, names } = button.dataset;
  if (names) ask_name(names === "new");
  else if (verdict === "split") filled(split);
  else if (verdict === "merge") amend("merge");
  else if (verdict) settle(verdict);
});
byId("undo").addEventListener("click", undo);
byId("select-none").addEventListener("click", () => list.selectNone());
byId("nothing-more").addEventListener("click", () => {
  byId("show").value = "open";
  load();
});
for (const [id, all] of [["alike-one", false], ["alike-all", true]]) {
  byId(id).addEventListener("click", () => {
    // The key turns it on and off; a click says which.
    allAlike = all && !allAlike;
    if (list.current) alike(detail ?? list.current, detail?.alikes ?? [], { all: allAlike, mayDecide });
  });
}
for (const button of document.querySelectorAll("[data-end][data-by]")) {
  button.addEventListener("click", () => {
    const which = button.dataset.end;
    filled(() => moveEnd(which, (which === "start" ? ends[0] : ends[1]) + Number(button.dataset.by) / detail.fps));
  });
}
for (const id of ["order", "show"]) byId(id).addEventListener("change", load);

// What has no button of its own. The others are pressed by keys.js.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || !keysAreOn()) return;
  const field = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (field) return;
  const key = event.key.toUpperCase();
  if (key === "J" || (key === "ARROWDOWN" && event.target.closest("#queue"))) list.step(1);
  else if (key === "K" || (key === "ARROWUP" && event.target.closest("#queue"))) list.step(-1);
  else if (key === "V" && !event.repeat && mayDecide) list.toggle();
  else if (event.key === " " && !event.target.closest(TYPES)) clip.toggle();
  else return;
  event.preventDefault();
});

window.addEventListener("pagehide", flushEnds);

teaches({ isSent: () => outbox.length === 0, say });
list.mayDecide = mayDecide;
if (job) namesOf(job).catch(() => {});
outbox.start();
load();
