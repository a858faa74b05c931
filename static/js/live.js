// Keeps the live part of a page up to date: its job's event stream says when to fetch it anew.
// The part names the stream in data-stream; one without it is at rest.
const note = (hidden) => {
  const element = document.getElementById("offline");
  if (element) element.hidden = hidden;
};
const RETRY_MS = 2000;
let source = null;
let timer = 0;

const fetchAnew = () => {
  const part = document.querySelector("[data-stream]");
  if (part) htmx.trigger(part, "news");
};

const follow = () => {
  const part = document.querySelector("[data-stream]");
  if (source && (!part || source.readyState === EventSource.CLOSED)) {
    source.close();
    source = null;
  }
  if (!part || source) return;
  source = new EventSource(part.dataset.stream);
  // The server tells progress after every change, at most once a second.
  source.addEventListener("progress", fetchAnew);
  source.addEventListener("end", () => {
    source.close();
    fetchAnew();
  });
  source.addEventListener("open", () => note(true));
  source.addEventListener("error", () => {
    // A browser that lost its connection comes back by itself; one that was turned away asks for the part instead.
    if (source.readyState === EventSource.CLOSED) later();
    else note(false);
  });
};

const later = () => {
  clearTimeout(timer);
  timer = setTimeout(fetchAnew, RETRY_MS);
};

document.addEventListener("htmx:afterSettle", follow);
document.addEventListener("htmx:afterOnLoad", () => note(true));
// htmx asks no more by itself: without an answer there is no swap after which to follow.
document.addEventListener("htmx:sendError", () => {
  note(false);
  later();
});
// A live part that answers with another status (signed out, gone) is shown whole.
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status < 500) {
    window.location.reload();
    return;
  }
  note(false);
  later();
});
follow();
