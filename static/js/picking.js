// The chunks that are there: acting on one, and picking several, in order, into a timeline. What is picked outlives the
// table, which is fetched anew while chunks are made.
import { clock } from "./player_bar.js";
import { said } from "./said.js";
import { ask } from "./server.js";

export const bindPicking = ({ asset, api, refresh }) => {
  let picked = [];

  const row = (id) => document.querySelector(`#chunks tr[data-chunk="${id}"]`);
  const isDone = (id) => row(id)?.dataset.state === "done";
  const button = (words, label, act) => {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "small";
    element.textContent = words;
    element.setAttribute("aria-label", label);
    element.addEventListener("click", act);
    return element;
  };
  const move = (place, by) => {
    const [id] = picked.splice(place, 1);
    picked.splice(place + by, 0, id);
    show();
  };
  const entry = (id, place) => {
    const { start, end } = row(id).dataset;
    const name = `the chunk from ${clock(Number(start))}`;
    const element = document.createElement("li");
    element.append(`${clock(Number(start))} – ${clock(Number(end))} `);
    if (place > 0) element.append(button("Earlier", `Earlier: ${name}`, () => move(place, -1)), " ");
    if (place < picked.length - 1) element.append(button("Later", `Later: ${name}`, () => move(place, 1)), " ");
    element.append(
      button("Leave out", `Leave out ${name}`, () => {
        picked = picked.filter((other) => other !== id);
        show();
      }),
    );
    return element;
  };
  const show = () => {
    picked = picked.filter(isDone);
    for (const box of document.querySelectorAll("#chunks [data-pick]")) box.checked = picked.includes(box.closest("tr").dataset.chunk);
    const list = document.getElementById("picked");
    if (!list) return;
    list.replaceChildren(...picked.map(entry));
    document.getElementById("picked-none").hidden = picked.length > 0;
    const make = document.getElementById("make-timeline");
    make.disabled = picked.length === 0;
    const length_s = picked.reduce((sum, id) => sum + Number(row(id).dataset.end) - Number(row(id).dataset.start), 0);
    make.textContent = picked.length ? `Make the timeline of ${picked.length}, ${clock(length_s).slice(0, -4)}` : "Make the timeline";
  };

  const call = async (id, act) => {
    const address = `${api}chunks/${id}`;
    await (act === "delete" ? ask(address, { method: "DELETE" }) : ask(`${address}/${act}`, { method: "POST" }));
    refresh("chunks");
  };
  const guarded = async (act) => {
    try {
      await act();
    } catch (error) {
      said(error.message, { failed: true });
    }
  };
  const words = { cancel: "Cancelled.", retry: "It is tried again.", restore: "The chunk is back." };
  const act = (id, name) =>
    guarded(async () => {
      await call(id, name);
      if (name !== "delete") said(words[name]);
      else said("The chunk is deleted.", { undo: () => guarded(() => call(id, "restore").then(() => said(words.restore))) });
    });
  const makeTimeline = () =>
    guarded(async () => {
      const { id } = await ask(`${api}timeline`, { method: "POST", body: { asset, chunks: picked } });
      picked = [];
      show();
      refresh("chunks");
      refresh("timelines");
      said("The timeline is made; it stands below.");
      document.addEventListener("htmx:afterSettle", () => document.getElementById(`timeline-${id}`)?.scrollIntoView({ block: "nearest" }), { once: true });
    });

  document.addEventListener("click", (event) => {
    const acting = event.target.closest("[data-chunk-act]");
    if (acting) act(acting.closest("[data-chunk]").dataset.chunk, acting.dataset.chunkAct);
    if (event.target.id === "make-timeline") makeTimeline();
    if (event.target.id !== "pick-all") return;
    const done = [...document.querySelectorAll('#chunks tr[data-state="done"]')].map((found) => found.dataset.chunk);
    picked = [...picked, ...done.filter((id) => !picked.includes(id))];
    show();
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-pick]")) return;
    const { chunk } = event.target.closest("tr").dataset;
    picked = event.target.checked ? [...picked, chunk] : picked.filter((other) => other !== chunk);
    show();
  });
  document.addEventListener("htmx:afterSettle", show);
};
