// The review page: a queue of findings, one in large, and keys. A decision holds in the page at once and is sent behind it.
import { ask } from "../server.js";
import { Clip } from "./clip.js";
import { List } from "./list.js";
import { choose, namesOf } from "./names.js";
import { Outbox } from "./outbox.js";
import { Shot } from "./shot.js";
import { STATES, ago, clock, element, percent, title } from "./words.js";

const DECISIONS = "/api/detect/review/decisions";
const UNDO = "/api/detect/review/undo";
const WINDOW = 50;
const FETCH_WHEN_LEFT = 15;
const AHEAD = 3;
const ENDS_WAIT_MS = 700;
const RATE_MS = 60000;
const TYPES = "input, select, textarea, button, a, summary, [contenteditable]";

const root = document.getElementById("review");
const byId = (id) => document.getElementById(id);
const job = root.dataset.job || null;
const mayDecide = "mayDecide" in root.dataset;
const mayTeach = "mayTeach" in root.dataset;

const details = new Map();
const pictures = new Map();
const stack = [];
let times = [];
let after = "";
let fetching = false;
let seen = 0;
let counts = { waiting: Number(byId("tally-waiting").textContent), done: Number(byId("tally-done").textContent), sure: Number(byId("tally-sure").textContent) };
// The number in the rail, which is over all jobs, goes with the one of this page.
const waits = document.querySelector(".rail-waiting")?.firstChild;
const rail = waits ? { number: waits, at_first: Number(waits.data), waited: counts.waiting } : null;
let detail = null;
let ends = null;
let endsTimer = 0;
let allAlike = false;
let lastDecided = null;
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

// ---- Telling

const say = (words, ...buttons) => {
  byId("said").replaceChildren(element("p", { class: "message" }, words, " ", ...buttons));
};

const sayError = (words) => byId("said").replaceChildren(element("p", { class: "message message-error", text: words }));

const tally = () => {
  const since = Date.now() - RATE_MS;
  times = times.filter((time) => time > since);
  byId("tally-waiting").textContent = Math.max(0, counts.waiting);
  if (rail) rail.number.data = String(Math.max(0, rail.at_first + counts.waiting - rail.waited));
  byId("tally-done").textContent = counts.done;
  byId("tally-rate").textContent = times.length;
  byId("tally-sure").textContent = Math.max(0, counts.sure);
  byId("tally-sure-part").hidden = counts.sure <= 0;
};
setInterval(tally, 2000);

const count = (findings, by) => {
  for (const one of findings) {
    counts[one.sure ? "sure" : "waiting"] -= by;
    counts.done += by;
  }
  tally();
};

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
      counts = answer.counts;
      tally();
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
    if (!outbox.length) counts = found.counts;
    const unsent = new Set(stack.filter((one) => one.unsent).flatMap((one) => one.findings.map((finding) => finding.key)));
    list.add(found.findings.filter((finding) => !unsent.has(finding.key)), !more);
    if (!more) show();
    tally();
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

const facts = (finding) => {
  const parts = [];
  if (finding.kind === "airing") parts.push(`${percent(finding.confidence)} by ${finding.method_words.toLowerCase()}`);
  else parts.push(finding.reason || "Nothing settles which brand it is.");
  if (finding.text) parts.push(`“${finding.text}”`);
  if (finding.placement) parts.push(finding.placement);
  parts.push(`${clock(finding.start_s)} – ${clock(finding.end_s)}`, `${finding.seconds.toFixed(1)} s`);
  if (!job) parts.push(finding.footage);
  if (finding.state !== "unreviewed") parts.push(STATES[finding.state]);
  return parts.map((part) => element("span", { text: part }));
};

const shown = () => list.current;

// The outline over the frame, and what it holds in large, in the corner that is farthest from it.
const outline = (finding) => {
  const [width, height] = finding.frame_px;
  const svg = byId("item-outline");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.firstElementChild.setAttribute("points", finding.polygon.map(([x, y]) => `${x * width},${y * height}`).join(" "));
  const crop = byId("item-crop");
  crop.hidden = finding.polygon.length < 3;
  if (crop.hidden) return;
  const middle = (axis) => finding.polygon.reduce((sum, point) => sum + point[axis], 0) / finding.polygon.length;
  crop.classList.toggle("to-left", middle(0) > 0.5);
  crop.classList.toggle("to-top", middle(1) > 0.5);
  crop.src = finding.picture;
  crop.alt = `${finding.brand || finding.text} in large`;
};

const show = () => {
  flushEnds();
  const finding = shown();
  byId("item").hidden = !finding;
  byId("nothing").hidden = Boolean(finding);
  detail = null;
  ends = null;
  if (!finding) {
    nothing();
    return;
  }
  allAlike = false;
  byId("item-title").textContent = title(finding);
  byId("item-facts").replaceChildren(...facts(finding));
  const frame = byId("item-frame");
  frame.classList.remove("gone");
  frame.src = finding.frame;
  frame.alt = `${finding.brand || finding.text} in the frame at ${clock(finding.t_s)}`;
  outline(finding);
  byId("accept-words").textContent = finding.kind === "question" && finding.brand ? `It is ${finding.brand}` : finding.kind === "question" ? "Accept as…" : "Accept";
  alike(finding, []);
  for (const button of byId("verdicts").querySelectorAll("button")) button.disabled = !mayDecide;
  byId("merge").disabled = !mayDecide || finding.kind !== "airing";
  byId("spoken").textContent = `${title(finding)}, ${clock(finding.start_s, 0)}`;
  detailOf(finding.key).then(
    (found) => {
      if (shown()?.key === found.key) fill(found);
    },
    (error) => shown()?.key === finding.key && sayError(error.message),
  );
  prefetch();
  more();
};

const fill = (found) => {
  detail = found;
  ends = [found.now.start_s, found.now.end_s];
  byId("item-facts").replaceChildren(...facts(found));
  alike(found, found.alikes);
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

const refresh = () => {
  const key = detail.key;
  details.delete(key);
  detailOf(key).then((found) => shown()?.key === key && !endsTimer && fill(found), () => {});
};

const alike = (finding, some) => {
  byId("alike").hidden = finding.alike < 2 || finding.state !== "unreviewed";
  byId("alike-words").textContent = `Same crop in ${finding.alike} places`;
  byId("alike-one").setAttribute("aria-pressed", String(!allAlike));
  byId("alike-all").setAttribute("aria-pressed", String(allAlike));
  byId("alike-all").disabled = !mayDecide;
  byId("alikes").replaceChildren(
    ...some.slice(0, 8).map((one) => element("li", {}, element("img", { src: one.picture, alt: `${one.brand || one.text} at ${clock(one.start_s, 0)}`, width: 160, height: 90, loading: "lazy" }), element("span", { class: "meta", text: clock(one.start_s, 0) }))),
  );
};

const history = (decisions) => {
  byId("history-part").hidden = decisions.length === 0;
  byId("history").replaceChildren(
    ...decisions.map((one) => {
      const brand = one.given_brand && one.given_brand !== one.brand ? `: ${one.given_brand}` : "";
      const gone = one.undone_at ? `, undone by ${one.undone_by ?? "somebody"}` : "";
      return element("li", { class: one.undone_at ? "undone" : "" }, `${one.verdict_words}${brand}, ${one.made_by ?? "somebody"}, ${ago(one.made_at)}${gone}`);
    }),
  );
};

const nothing = () => {
  clip.pause();
  const isDone = byId("show").value === "done";
  byId("nothing-title").textContent = isDone ? "Nothing was reviewed yet" : "Nothing waits";
  const sure = counts.sure > 0 && ["doubtful", "questions"].includes(byId("show").value);
  byId("nothing-more").hidden = !sure;
  if (isDone) byId("nothing-words").textContent = "What is decided here is listed then, and can be decided anew.";
  else if (sure) byId("nothing-words").textContent = `${counts.sure} findings that the machine is at least ${root.dataset.sure} % sure of were not looked at.`;
  else byId("nothing-words").textContent = counts.done ? "Everything was looked at. The report counts what was decided." : "There is nothing to review: no job with a report has findings. Analyse some footage first.";
};

// ---- Deciding

const about = () => (list.selected.length ? list.selected : shown() ? [shown()] : []);

const send = (findings, body, kept = false) => {
  const batch = crypto.randomUUID ? crypto.randomUUID() : uuid();
  const entry = { address: DECISIONS, kind: "decide", kept, body: { findings: findings.map((one) => one.key), batch, seen, ...(job ? { job } : {}), ...body } };
  stack.push({ batch, findings, kept, unsent: true, place: list.place, all: Boolean(body.all_alike) });
  while (stack.length > 500) stack.shift();
  times.push(Date.now());
  outbox.put(entry);
};

// Only pages that come over HTTPS or from this machine have crypto.randomUUID.
const uuid = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
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
  lastDecided = { keys: findings.map((one) => one.key), text: findings[0].text, brand: more_.brand ?? findings[0].brand, verdict };
  byId("teach").hidden = !mayTeach || !["accept", "rename"].includes(verdict);
  const counted = findings.filter((one) => one.state === "unreviewed");
  const whole = all ? list.entries.filter((one) => one.look === findings[0].look && one.job === findings[0].job && one.kind === findings[0].kind) : findings;
  count(all ? whole.filter((one) => one.state === "unreviewed") : counted, 1);
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
  if (!detail || !mayDecide) return;
  flushEnds();
  send([shown()], { verdict, ...more_ }, true);
  say(verdict === "merge" ? "Merged with the airing before it." : `Split at ${clock(more_.at_s)}.`);
};

const split = () => {
  if (!detail) return;
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
  times.pop();
  if (one.kept) {
    if (detail) refresh();
    return;
  }
  count(one.findings.filter((finding) => finding.state === "unreviewed"), -1);
  list.putBack(one.findings, one.place, show_);
};

const undone = (answer) => {
  const last = stack.at(-1);
  const mine = last && last.findings.some((one) => answer.findings.includes(one.key)) ? stack.pop() : null;
  for (const key of answer.findings) details.delete(key);
  if (mine) {
    if (mine.kept && mine.findings[0].key !== shown()?.key) list.putBack(mine.findings, list.place, true);
    else restore(mine, true);
  } else if (answer.first) {
    list.putBack([answer.first], list.place, true);
  }
  counts = answer.counts;
  tally();
  say(`Undone: ${answer.words}.`, ...(answer.more ? [again()] : []));
};

const again = () => {
  const button = element("button", { type: "button", class: "small", text: "Undo one more" });
  button.addEventListener("click", undo);
  return button;
};

// ---- Feeding back

const teach = () => {
  if (!lastDecided || byId("teach").hidden) return;
  byId("teach-words").textContent = `${lastDecided.brand}, as it was decided last.`;
  byId("teach-alias").parentElement.hidden = !lastDecided.text;
  byId("teach-alias").checked = Boolean(lastDecided.text);
  byId("teach-alias-words").textContent = `“${lastDecided.text}” is an alias of it`;
  byId("teach-error").hidden = true;
  byId("teach-dialog").showModal();
};

byId("teach-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const wrong = byId("teach-error");
  try {
    const body = { findings: lastDecided.keys.slice(0, 50), alias: byId("teach-alias").checked, exemplar: byId("teach-exemplar").checked };
    const answer = await ask("/api/detect/review/teach", { method: "POST", body });
    byId("teach-dialog").close();
    byId("teach").hidden = true;
    say(answer.sentences.join(" "));
  } catch (error) {
    wrong.textContent = outbox.length ? "The decision has not reached the server yet; try again in a moment." : error.message;
    wrong.hidden = false;
  }
});

// ---- Keys and buttons

byId("verdicts").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || button.disabled) return;
  const { verdict, names } = button.dataset;
  if (names) ask_name(names === "new");
  else if (verdict === "split") split();
  else if (verdict === "merge") amend("merge");
  else if (verdict) settle(verdict);
});
byId("undo").addEventListener("click", undo);
byId("teach").addEventListener("click", teach);
byId("select-none").addEventListener("click", () => list.selectNone());
byId("nothing-more").addEventListener("click", () => {
  byId("show").value = "open";
  load();
});
for (const [id, all] of [["alike-one", false], ["alike-all", true]]) {
  byId(id).addEventListener("click", () => {
    // The key turns it on and off; a click says which.
    allAlike = all && !allAlike;
    alike(detail ?? shown(), detail?.alikes ?? []);
  });
}
for (const button of document.querySelectorAll("[data-end][data-by]")) {
  button.addEventListener("click", () => {
    if (!detail) return;
    const which = button.dataset.end;
    moveEnd(which, (which === "start" ? ends[0] : ends[1]) + Number(button.dataset.by) / detail.fps);
  });
}
for (const id of ["order", "show"]) byId(id).addEventListener("change", load);

const keysAreOn = () => {
  try {
    return localStorage.getItem("mpr.keys") !== "off";
  } catch {
    return true;
  }
};

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

byId("item-frame").addEventListener("error", () => {
  byId("item-frame").classList.add("gone");
  byId("item-frame-words").textContent = "The evidence frame is no longer kept; replay the job from its frames to see it.";
});
byId("item-frame").addEventListener("load", () => {
  byId("item-frame-words").textContent = "Evidence";
});
window.addEventListener("pagehide", flushEnds);

list.mayDecide = mayDecide;
if (job) namesOf(job).catch(() => {});
outbox.start();
load();
