// Says so while the live parts of a page cannot reach the server. htmx itself goes on asking.
const tell = (hidden) => {
  const note = document.getElementById("offline");
  if (note) note.hidden = hidden;
};
document.addEventListener("htmx:sendError", () => tell(false));
document.addEventListener("htmx:afterOnLoad", () => tell(true));
// A live part that answers with another status (signed out, gone) is shown whole.
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status >= 500) tell(false);
  else window.location.reload();
});
