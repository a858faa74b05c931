// Tells what happened while the person was away: each browser remembers the last event that it showed of a job.
const AWAY_MS = 20000;
const since = document.getElementById("since");
const place = since && `mpr.seen.${since.dataset.job}`;
const part = () => document.getElementById("progress");

// A browser may keep nothing; then nobody was away.
const recall = () => {
  try {
    return JSON.parse(localStorage.getItem(place));
  } catch {
    return null;
  }
};

const remember = () => {
  if (!since || !part() || document.hidden) return;
  try {
    localStorage.setItem(place, JSON.stringify({ seq: Number(part().dataset.seq), at: Date.now() }));
  } catch {
    return;
  }
};

const look = () => {
  const seen = recall();
  if (!seen || Date.now() - seen.at < AWAY_MS) return;
  if (!(seen.seq >= 0)) return;
  htmx.ajax("GET", `${since.dataset.address}?after=${seen.seq}`, { target: "#since", swap: "innerHTML" });
};

const back = () => {
  if (document.hidden || !since) return;
  look();
  remember();
};

document.addEventListener("DOMContentLoaded", back);
document.addEventListener("visibilitychange", back);
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "progress") remember();
});
setInterval(remember, 5000);
