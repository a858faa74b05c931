// Feeding the last decision back, when a person asks for it: the alias, the exemplar, or both.
import { ask } from "../server.js";

const byId = (id) => document.getElementById(id);
const opener = byId("teach");
let decided = null;
let sent = () => true;
let told = () => {};

// `isSent()` says whether the server has all decisions, `say(words)` tells the person what was taught.
export const teaches = ({ isSent, say }) => {
  sent = isSent;
  told = say;
};

// `last` is {keys, text, brand} of what can be taught now, null for nothing.
export const offer = (last) => {
  decided = last;
  opener.hidden = !last;
};

opener.addEventListener("click", () => {
  if (!decided) return;
  byId("teach-words").textContent = `${decided.brand}, as it was decided last.`;
  byId("teach-alias").parentElement.hidden = !decided.text;
  byId("teach-alias").checked = Boolean(decided.text);
  byId("teach-alias-words").textContent = `“${decided.text}” is an alias of it`;
  byId("teach-error").hidden = true;
  byId("teach-dialog").showModal();
});

byId("teach-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const wrong = byId("teach-error");
  try {
    const body = { findings: decided.keys.slice(0, 50), alias: byId("teach-alias").checked, exemplar: byId("teach-exemplar").checked };
    const answer = await ask("/api/detect/review/teach", { method: "POST", body });
    byId("teach-dialog").close();
    offer(null);
    told(answer.sentences.join(" "));
  } catch (error) {
    wrong.textContent = sent() ? error.message : "The decision has not reached the server yet; try again in a moment.";
    wrong.hidden = false;
  }
});
