// Keeps the live parts of a page up to date. One part names its job's event stream in data-stream (a part without it is
// at rest); every part says in data-news which events concern it and is fetched anew when one comes, at most once in
// data-apart-ms. A part that grows (data-grows) is told to; see growing.js.
const RETRY_MS = 2000;
const LOOK_MS = 10000;
const WORDS = { none: "", live: "Live", lost: "Connection lost, trying again …", rest: "At rest" };
const told = new Map();
let source = null;
let timer = 0;

const streaming = () => document.querySelector("[data-stream]");

const note = (hidden) => {
  const element = document.getElementById("offline");
  if (element) element.hidden = hidden;
};

const line = (state) => {
  const element = document.getElementById("line");
  if (!element || element.dataset.line === state) return;
  element.dataset.line = state;
  element.textContent = WORDS[state];
};

const tell = (part) => {
  if (part.dataset.grows) part.dispatchEvent(new CustomEvent("grow", { bubbles: true }));
  else htmx.trigger(part, "news");
};

// The last of several events that come at once is never lost: it is told when the time is over.
const soon = (id) => {
  const part = document.getElementById(id);
  if (!part) return;
  const last = told.get(id) || { at: 0, waits: 0 };
  if (last.waits) return;
  const wait = Math.max(0, last.at + Number(part.dataset.apartMs || 0) - Date.now());
  last.waits = setTimeout(() => {
    told.set(id, { at: Date.now(), waits: 0 });
    const now = document.getElementById(id);
    if (now) tell(now);
  }, wait);
  told.set(id, last);
};

const deliver = (event) => {
  for (const part of document.querySelectorAll(`[data-news~="${event.type}"]`)) soon(part.id);
};

const fetchAnew = () => {
  const part = streaming();
  if (part) htmx.trigger(part, "news");
};

const later = () => {
  clearTimeout(timer);
  timer = setTimeout(fetchAnew, RETRY_MS);
};

const listen = (address) => {
  const opened = new EventSource(address);
  const kinds = new Set(["progress"]);
  for (const part of document.querySelectorAll("[data-news]")) part.dataset.news.split(/\s+/).forEach((kind) => kinds.add(kind));
  for (const kind of kinds) if (kind) opened.addEventListener(kind, deliver);
  opened.addEventListener("end", () => {
    opened.close();
    fetchAnew();
  });
  opened.addEventListener("open", () => {
    note(true);
    line("live");
  });
  opened.addEventListener("error", () => {
    line("lost");
    // A browser that lost its connection comes back by itself; one that was turned away asks for the part instead.
    if (opened.readyState === EventSource.CLOSED) later();
    else note(false);
  });
  return opened;
};

const follow = () => {
  const part = streaming();
  if (source && (!part || source.readyState === EventSource.CLOSED)) {
    source.close();
    source = null;
  }
  if (!part) line("rest");
  else if (!source) source = listen(part.dataset.stream);
};

document.addEventListener("htmx:afterSettle", (event) => {
  // Another part that came meanwhile says nothing of how the job stands.
  if (event.target.id !== "progress") return;
  follow();
  restore();
});
document.addEventListener("htmx:afterOnLoad", () => {
  note(true);
  if (source && source.readyState === EventSource.OPEN) line("live");
});
// Where a part was scrolled to is where its next version begins; at first, what runs is in sight.
let scrolled = null;
const restore = () => {
  const diagram = document.getElementById("diagram");
  if (!diagram) return;
  const node = diagram.querySelector(".node-running, .node-failed");
  if (scrolled === null && node) {
    const off = node.getBoundingClientRect().right - diagram.getBoundingClientRect().right;
    scrolled = Math.max(0, off + diagram.clientWidth / 3);
  }
  diagram.scrollLeft = scrolled ?? 0;
};
document.addEventListener("htmx:beforeSwap", () => {
  const diagram = document.getElementById("diagram");
  if (diagram && scrolled !== null) scrolled = diagram.scrollLeft;
});
// What is refused with a part of a page is shown in its place.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.getResponseHeader("X-Part")) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});
// htmx asks no more by itself: without an answer there is no swap after which to follow.
document.addEventListener("htmx:sendError", () => {
  note(false);
  line("lost");
  later();
});
document.addEventListener("htmx:responseError", (event) => {
  // A live part that answers with another status (signed out, gone) is shown whole.
  if (event.detail.xhr.status < 500 && event.detail.elt.matches("[data-stream]")) {
    window.location.reload();
    return;
  }
  if (event.detail.xhr.status < 500) return;
  note(false);
  later();
});
// A worker that dies says nothing, and a line may be dead without a word.
setInterval(() => {
  if (!document.hidden) fetchAnew();
}, LOOK_MS);
document.addEventListener("visibilitychange", () => {
  const part = document.getElementById("progress");
  if (!document.hidden && part) htmx.trigger(part, "news");
});
// In words, for who does not see the bars move.
const speak = () => {
  const spoken = document.getElementById("spoken");
  const words = document.querySelector("[data-spoken]")?.dataset.spoken;
  if (spoken && words && spoken.dataset.last !== words) {
    if (spoken.dataset.last) spoken.textContent = words;
    spoken.dataset.last = words;
  }
};
document.addEventListener("htmx:afterSettle", speak);
follow();
restore();
speak();
