// How many wait and are done, how fast it goes, and what is told in words.
import { element } from "./words.js";

const RATE_MS = 60000;
const LOOK_MS = 2000;
const byId = (id) => document.getElementById(id);

export const say = (words, ...buttons) => {
  byId("said").replaceChildren(element("p", { class: "message" }, words, " ", ...buttons));
};

export const sayError = (words) => byId("said").replaceChildren(element("p", { class: "message message-error", text: words }));

// The page's own count, which the server's replaces whenever it comes: {waiting, sure, done}.
let counts = { waiting: Number(byId("tally-waiting").textContent), done: Number(byId("tally-done").textContent), sure: Number(byId("tally-sure").textContent) };
let times = [];
// The number in the rail, which is over all jobs, goes with the one of this page.
const number = document.querySelector(".rail-waiting")?.firstChild;
const rail = number ? { at_first: Number(number.data), waited: counts.waiting } : null;

const draw = () => {
  const since = Date.now() - RATE_MS;
  times = times.filter((time) => time > since);
  byId("tally-waiting").textContent = Math.max(0, counts.waiting);
  if (rail) number.data = String(Math.max(0, rail.at_first + counts.waiting - rail.waited));
  byId("tally-done").textContent = counts.done;
  byId("tally-rate").textContent = times.length;
  byId("tally-sure").textContent = Math.max(0, counts.sure);
  byId("tally-sure-part").hidden = counts.sure <= 0;
};
setInterval(draw, LOOK_MS);

export const tally = {
  get counts() {
    return counts;
  },
  set counts(told) {
    counts = told;
    draw();
  },
  // So many of the findings were decided: 1 for all of them, -1 when that was taken back.
  count: (findings, by) => {
    for (const one of findings) {
      counts[one.sure ? "sure" : "waiting"] -= by;
      counts.done += by;
    }
    draw();
  },
  decided: () => times.push(Date.now()),
  takenBack: () => times.pop(),
};
