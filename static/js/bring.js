// The import of brands: chosen files are sent to see what they would change, and sent again to change it.
const form = document.getElementById("bring");
const shown = document.getElementById("planned");
let chosen = [];

const send = async (doing) => {
  const data = new FormData(form);
  data.delete("files");
  for (const file of chosen) {
    data.append("files", file, file.name);
    data.append("paths", file.webkitRelativePath || file.name);
  }
  if (doing) data.set("do", doing);
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body: data, credentials: "same-origin" });
    const text = await answer.text();
    if (answer.headers.get("X-Part") !== "planned") throw new Error();
    shown.innerHTML = text;
  } catch {
    shown.textContent = "The server does not answer; your files are still chosen here, try again.";
  } finally {
    form.removeAttribute("aria-busy");
  }
};

form?.addEventListener("change", (event) => {
  if (event.target.type === "file") {
    if (!event.target.files.length) return;
    // Hidden files (.DS_Store and the like) say nothing.
    chosen = [...event.target.files].filter((file) => !file.name.startsWith("."));
    for (const other of form.querySelectorAll('input[type="file"]')) if (other !== event.target) other.value = "";
  }
  if (chosen.length) send();
});
shown?.addEventListener("click", (event) => {
  if (event.target.closest("#put")) send("put");
});
