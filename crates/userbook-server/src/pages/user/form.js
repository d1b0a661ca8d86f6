// The form: filled from a user, compared with the user, with messages beside the fields.

import { keepsNumbers, parse } from "./api.js";
import { groupIds, setGroups } from "./groups.js";

const $ = (id) => document.getElementById(id);
export const TEXTS = ["username", "name", "email", "type", "path"];
export const FIELDS = [...TEXTS, "is_active", "groups", "attributes"];

const pretty = (attributes) => JSON.stringify(attributes, null, 2);

export function fill(user) {
  for (const field of TEXTS) $(field).value = user[field];
  $("is_active").checked = user.is_active;
  $("attributes").value = pretty(user.attributes);
  $("attributes").readOnly = !keepsNumbers;
  setGroups(user.groups_obj || []);
  $("lockout").hidden = true;
  $("allow-lockout").checked = false;
  clearViolations();
}

/** Returns the values of the form by field; attributes as text. */
function typed() {
  const fields = Object.fromEntries(TEXTS.map((field) => [field, $(field).value]));
  return { ...fields, is_active: $("is_active").checked, groups: groupIds(), attributes: $("attributes").value };
}

/** Returns the values of a loaded user in the same form. */
function loaded(user) {
  const fields = Object.fromEntries(TEXTS.map((field) => [field, user[field]]));
  return { ...fields, is_active: user.is_active, groups: [...user.groups].sort(), attributes: pretty(user.attributes) };
}

/** Returns the fields in which the form differs from the loaded user. */
export function edited(user) {
  const [now, before] = [typed(), loaded(user)];
  return FIELDS.filter((field) => JSON.stringify(now[field]) !== JSON.stringify(before[field]))
    .map((field) => [field, now[field]]);
}

/**
 * Returns the body of a PATCH. Attributes keep their text, because parsing would round long numbers.
 * Throws a syntax error if the attributes are not JSON.
 */
export function body(edits) {
  const members = edits.map(([field, value]) => {
    if (field === "attributes") parse(value);
    return `${JSON.stringify(field)}: ${field === "attributes" ? value : JSON.stringify(value)}`;
  });
  return `{${members.join(", ")}}`;
}

/** Restores edits of an older version of the user. */
export function reapply(edits, groupNames) {
  for (const [field, value] of edits) {
    if (field === "is_active") $("is_active").checked = value;
    else if (field === "groups") setGroups(value.map((pk) => ({ pk, name: groupNames.get(pk) || pk })));
    else $(field).value = value;
  }
}

export function clearViolations() {
  $("general").hidden = true;
  $("general").textContent = "";
  for (const field of FIELDS) {
    $(`${field}-violation`).textContent = "";
    control(field).removeAttribute("aria-invalid");
  }
}

const control = (field) => (field === "groups" ? $("group-words") : $(field));

/** Shows messages beside their fields, others above the form, and focuses the first one. */
export function showViolations(violations, detail) {
  clearViolations();
  const general = [];
  let first;
  for (const [field, messages] of violations) {
    if (!FIELDS.includes(field)) {
      general.push(...messages.map((message) => (field ? `${field}: ${message}` : message)));
      continue;
    }
    $(`${field}-violation`).textContent = messages.join(" ");
    control(field).setAttribute("aria-invalid", "true");
  }
  first = FIELDS.filter((field) => violations.has(field))
    .map(control)
    .sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1))[0];
  if (!first || general.length) {
    $("general").textContent = general.join(" ") || detail;
    $("general").hidden = false;
  }
  (first || $("general")).focus?.();
}
