// Dialogs that create users and groups.

import { ApiError, call } from "./api.js";

const $ = (id) => document.getElementById(id);

/** Returns the messages of an error: those of the dialog's fields beside their names. */
function messages(error) {
  if (!(error instanceof ApiError) || !error.violations.size) return error.message;
  return [...error.violations].flatMap(([field, texts]) =>
    texts.map((text) => (field ? `${field}: ${text}` : text))).join(" ");
}

/** Opens an empty dialog. */
function open(dialog) {
  dialog.querySelector("form").reset();
  dialog.querySelector(".violation").hidden = true;
  dialog.showModal();
}

/** Sends the dialog's form by `create` and closes the dialog; an error is shown in the dialog. */
function watch(id, create) {
  const dialog = $(id);
  const form = dialog.querySelector("form");
  const violation = dialog.querySelector(".violation");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "true";
    try {
      await create(new FormData(form));
      dialog.close();
    } catch (error) {
      violation.textContent = messages(error);
      violation.hidden = false;
      form.elements[0].focus();
    } finally {
      delete form.dataset.busy;
    }
  });
  dialog.querySelector(".quiet").addEventListener("click", () => dialog.close());
  $(`${id}-open`).addEventListener("click", () => open(dialog));
}

/** `opened` receives the id of a new user, `changed` the name of a new group. */
export function watchCreate(opened, changed) {
  watch("new-user", async (form) => {
    const body = JSON.stringify(Object.fromEntries(form));
    const { value } = await call("POST", "core/users/", { body });
    await opened(value.pk);
  });
  watch("new-group", async (form) => {
    const body = JSON.stringify({ name: form.get("name"), is_superuser: form.has("is_superuser") });
    const { value } = await call("POST", "core/groups/", { body });
    await changed(value.name);
  });
}
