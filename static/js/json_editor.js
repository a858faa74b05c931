// Puts a JSON editor over each textarea that asks for one.
import { JSONEditor } from "../django_svelte_jsoneditor/js/svelte_jsoneditor.js";

for (const target of document.querySelectorAll("[data-json-editor]")) {
  const textarea = document.getElementById(target.dataset.jsonEditor);
  const editor = new JSONEditor({
    target,
    props: { ...JSON.parse(target.dataset.props), content: { text: textarea.value } },
  });
  // The editor reports changes a moment after they are typed; validate() makes it catch up, so that nothing typed just
  // before saving is lost.
  textarea.form.addEventListener("submit", () => {
    editor.validate();
    const content = editor.get();
    textarea.value = content.text ?? JSON.stringify(content.json);
  });
}
