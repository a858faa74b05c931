// Files that are dropped on what has data-drop land in the file field within it; a form that is one is sent at once.
const field = (zone) => zone.querySelector('input[type="file"]');
const zoneOf = (event) => event.target.closest?.("[data-drop]");
const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    const zone = zoneOf(event);
    if (!holdsFiles(event)) return;
    // A file that misses its place must not take the page's.
    event.preventDefault();
    if (zone) zone.classList.add("drop-over");
    else event.dataTransfer.dropEffect = "none";
  });
}
document.addEventListener("dragleave", (event) => {
  const zone = zoneOf(event);
  if (zone && !zone.contains(event.relatedTarget)) zone.classList.remove("drop-over");
});
document.addEventListener("drop", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  const zone = zoneOf(event);
  if (!zone) return;
  zone.classList.remove("drop-over");
  const input = field(zone);
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-drop]");
  if (form && event.target.files?.length) form.requestSubmit();
});
