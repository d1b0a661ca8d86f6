// Editing: load a user, review the changes, save them, and resolve conflicts.

import { ApiError, call } from "./api.js";
import { FIELDS, body, clearViolations, edited, fill, reapply, showViolations } from "./form.js";
import { groupName } from "./groups.js";
import { superuserText } from "./lineage.js";
import { managedText } from "./managed.js";
import { deleteUser, setActive } from "./remove.js";
import { diffRows, shown, table } from "./table.js";

const $ = (id) => document.getElementById(id);
const dryRun = document.documentElement.dataset.dryRun === "true";

/** The loaded user and its entity tag. */
let open = null;
let say = () => {};
let deleted = async () => {};

const load = async (pk) => {
  const { value, etag } = await call("GET", `core/users/${pk}/`);
  return { user: value, etag };
};

export async function show(pk) {
  take(await load(pk));
  $("edit-title").focus();
}

function take(state) {
  open = state;
  const { user } = state;
  $("edit").hidden = false;
  $("edit-title").textContent = user.name || user.username;
  summary(user, user.is_superuser ? "superuser" : "");
  // The groups above are not part of the user.
  superuserText(user).then((text) => {
    if (open === state) summary(user, text);
  });
  $("managed").hidden = true;
  managedText(user).then((text) => {
    if (open !== state) return;
    $("managed").textContent = text;
    $("managed").hidden = !text;
  });
  $("toggle-active").textContent = user.is_active ? "Deactivate the user" : "Activate the user";
  fill(user);
}

function summary(user, superuser) {
  const parts = [`User ${user.pk}`, superuser, `last login: ${user.last_login || "never"}`];
  $("summary").textContent = parts.filter(Boolean).join(" · ");
}

async function toggleActive() {
  const active = !open.user.is_active;
  if (!await setActive(open, active)) return;
  take(await load(open.user.pk));
  say(active ? "Activated." : "Deactivated.");
}

async function remove() {
  const { user } = open;
  if (await deleteUser(open)) await deleted(user);
}

function path({ preview = false } = {}) {
  const query = new URLSearchParams();
  if (preview) query.set("dry_run", "true");
  if ($("allow-lockout").checked) query.set("allow_self_lockout", "true");
  return `core/users/${open.user.pk}/${query.size ? `?${query}` : ""}`;
}

/** Sends the edits with the entity tag of the state on which they are based. */
const send = (text, options) =>
  call("PATCH", path(options), { body: text, headers: open.etag ? { "If-Match": open.etag } : {} });

async function review() {
  clearViolations();
  const edits = edited(open.user);
  if (!edits.length) return say("No changes to save.");
  const text = readable(edits);
  if (text === null) return;
  const rows = dryRun
    ? diffRows((await send(text, { preview: true })).value.diff)
    : edits.map(([field, value]) => ({ field, cells: pair(field, value) }));
  if (!rows.length) return say("The edits change nothing.");
  $("review-table").replaceChildren(table(["Field", "Now", "After saving"], rows));
  $("review").showModal();
}

/** Returns the body, or null and a message beside the attributes if they are not JSON. */
function readable(edits) {
  try {
    return body(edits);
  } catch (error) {
    showViolations(new Map([["attributes", [`This is not JSON: ${error.message}`]]]));
    return null;
  }
}

const pair = (field, value) => [
  { text: text(field, open.user[field], names(open.user)), kind: "old" },
  { text: text(field, value), kind: "new" },
];

const names = (user) => new Map((user.groups_obj || []).map((group) => [group.pk, group.name]));

/** Returns a field's value as text; groups by name if it is known. */
function text(field, value, known = new Map()) {
  if (field === "groups") return value.map((pk) => known.get(pk) || groupName(pk) || pk).sort().join("\n") || "none";
  return shown(value);
}

async function save() {
  $("review").close();
  const edits = edited(open.user);
  const text = readable(edits);
  if (text === null) return;
  const { value, etag } = await send(text);
  // The query decides whether the response contains groups; the default includes them.
  take({ user: value, etag });
  say("Saved.");
}

/** Shows a conflict: both versions beside the original one. */
async function conflict() {
  const theirs = await load(open.user.pk);
  const edits = new Map(edited(open.user));
  const differs = FIELDS.filter((field) =>
    edits.has(field) || JSON.stringify(theirs.user[field]) !== JSON.stringify(open.user[field]));
  const known = new Map([...names(open.user), ...names(theirs.user)]);
  const rows = differs.map((field) => ({
    field,
    cells: [
      { text: text(field, open.user[field], known) },
      { text: text(field, theirs.user[field], known), kind: "old" },
      { text: edits.has(field) ? text(field, edits.get(field), known) : "(not edited)", kind: "new" },
    ],
  }));
  $("conflict-table").replaceChildren(table(["Field", "Original", "Saved", "Yours"], rows));
  const groupNames = new Map([...known, ...(edits.get("groups") || []).map((pk) => [pk, known.get(pk) || groupName(pk)])]);
  $("keep-mine").onclick = () => {
    $("conflict").close();
    take(theirs);
    reapply(edits, groupNames);
    say("The form contains your edits on top of the saved version. Review them again.");
  };
  $("take-theirs").onclick = () => {
    $("conflict").close();
    take(theirs);
    say("The form shows the saved version.");
  };
  $("conflict").showModal();
}

async function refused(error) {
  if (!(error instanceof ApiError)) return showViolations(new Map(), error.message);
  if (error.status === 412) return conflict();
  $("lockout").hidden = !error.codes.includes("self_lockout");
  say("");
  showViolations(error.violations, error.message);
}

let busy = false;

/** Runs one step at a time and shows its error. */
function step(act) {
  return async (event) => {
    event?.preventDefault();
    if (busy) return;
    busy = true;
    say("");
    try {
      await act();
    } catch (error) {
      await refused(error).catch((again) => showViolations(new Map(), again.message));
    } finally {
      busy = false;
    }
  };
}

/** `gone` is called with a user who was deleted. */
export function watchEdit(status, gone) {
  say = status;
  deleted = gone;
  $("toggle-active").addEventListener("click", step(toggleActive));
  $("delete-user").addEventListener("click", step(remove));
  $("user").addEventListener("submit", step(review));
  $("save").addEventListener("click", step(save));
  $("review-back").addEventListener("click", () => $("review").close());
  $("reset").addEventListener("click", () => take(open));
}

export function closeEdit() {
  open = null;
  $("edit").hidden = true;
}
