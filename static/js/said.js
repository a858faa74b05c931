// A message in the page's status line, with a button that takes back what was done.
export const said = (words, { failed = false, undo = null } = {}) => {
  const place = document.getElementById("said");
  if (!place) return;
  const line = document.createElement("p");
  line.className = `message ${failed ? "message-error" : "message-success"}`;
  line.append(words);
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "small";
    button.textContent = "Undo";
    button.addEventListener("click", async () => {
      button.disabled = true;
      await undo();
    });
    line.append(" ", button);
  }
  place.replaceChildren(line);
};
