// A finding in large: what is known of it, its picture, what looks alike, what was decided before.
import { STATES, ago, clock, element, percent } from "./words.js";

const MOST_ALIKE = 8;
const byId = (id) => document.getElementById(id);

// What is known of a finding; `footage` says whether its file is told, too.
export const facts = (finding, footage) => {
  const parts = [];
  if (finding.kind === "airing") parts.push(`${percent(finding.confidence)} by ${finding.method_words.toLowerCase()}`);
  else parts.push(finding.reason || "Nothing settles which brand it is.");
  if (finding.text) parts.push(`“${finding.text}”`);
  if (finding.placement) parts.push(finding.placement);
  parts.push(`${clock(finding.start_s)} – ${clock(finding.end_s)}`, `${finding.seconds.toFixed(1)} s`);
  if (footage) parts.push(finding.footage);
  if (finding.state !== "unreviewed") parts.push(STATES[finding.state]);
  return parts.map((part) => element("span", { text: part }));
};

// The outline over the frame, and what it holds in large, in the corner that is farthest from it.
export const outline = (finding) => {
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

// How many look like it, some of them, and whether a decision is about all.
export const alike = (finding, some, { all, mayDecide }) => {
  byId("alike").hidden = finding.alike < 2 || finding.state !== "unreviewed";
  byId("alike-words").textContent = `Same crop in ${finding.alike} places`;
  byId("alike-one").setAttribute("aria-pressed", String(!all));
  byId("alike-all").setAttribute("aria-pressed", String(all));
  byId("alike-all").disabled = !mayDecide;
  byId("alikes").replaceChildren(
    ...some.slice(0, MOST_ALIKE).map((one) => element("li", {}, element("img", { src: one.picture, alt: `${one.brand || one.text} at ${clock(one.start_s, 0)}`, width: 160, height: 90, loading: "lazy" }), element("span", { class: "meta", text: clock(one.start_s, 0) }))),
  );
};

// Who decided what before.
export const history = (decisions) => {
  byId("history-part").hidden = decisions.length === 0;
  byId("history").replaceChildren(
    ...decisions.map((one) => {
      const brand = one.given_brand && one.given_brand !== one.brand ? `: ${one.given_brand}` : "";
      const gone = one.undone_at ? `, undone by ${one.undone_by ?? "somebody"}` : "";
      return element("li", { class: one.undone_at ? "undone" : "" }, `${one.verdict_words}${brand}, ${one.made_by ?? "somebody"}, ${ago(one.made_at)}${gone}`);
    }),
  );
};

byId("item-frame").addEventListener("error", () => {
  byId("item-frame").classList.add("gone");
  byId("item-frame-words").textContent = "The evidence frame is no longer kept; replay the job from its frames to see it.";
});
byId("item-frame").addEventListener("load", () => {
  byId("item-frame-words").textContent = "Evidence";
});

// Why there is nothing in large: `shown` is what the queue was reduced to, `sureFrom` the percent from which on machines are sure.
export const nothing = (shown, counts, sureFrom) => {
  const isDone = shown === "done";
  const sure = counts.sure > 0 && ["doubtful", "questions"].includes(shown);
  byId("nothing-title").textContent = isDone ? "Nothing was reviewed yet" : "Nothing waits";
  byId("nothing-more").hidden = !sure;
  let words = "There is nothing to review: no job with a report has findings. Analyse some footage first.";
  if (isDone) words = "What is decided here is listed then, and can be decided anew.";
  else if (sure) words = `${counts.sure} findings that the machine is at least ${sureFrom} % sure of were not looked at.`;
  else if (counts.done) words = "Everything was looked at. The report counts what was decided.";
  byId("nothing-words").textContent = words;
};
