// The form: fields filled from a user, what differs from it, and faults beside the fields.

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
  clearFaults();
}

/** What the form says, field by field; attributes as the text that was typed. */
function typed() {
  const fields = Object.fromEntries(TEXTS.map((field) => [field, $(field).value]));
  return { ...fields, is_active: $("is_active").checked, groups: groupIds(), attributes: $("attributes").value };
}

/** The same of a user that was loaded. */
function loaded(user) {
  const fields = Object.fromEntries(TEXTS.map((field) => [field, user[field]]));
  return { ...fields, is_active: user.is_active, groups: [...user.groups].sort(), attributes: pretty(user.attributes) };
}

/** The fields in which the form differs from the user it began with. */
export function edited(user) {
  const [now, before] = [typed(), loaded(user)];
  return FIELDS.filter((field) => JSON.stringify(now[field]) !== JSON.stringify(before[field]))
    .map((field) => [field, now[field]]);
}

/**
 * The body of a PATCH. Attributes go as they were typed: read and written again, long numbers would be rounded.
 * Throws what is wrong with them if they are no JSON.
 */
export function body(edits) {
  const members = edits.map(([field, value]) => {
    if (field === "attributes") parse(value);
    return `${JSON.stringify(field)}: ${field === "attributes" ? value : JSON.stringify(value)}`;
  });
  return `{${members.join(", ")}}`;
}

/** Puts edits that were made to an older state of the user back into the form. */
export function reapply(edits, groupNames) {
  for (const [field, value] of edits) {
    if (field === "is_active") $("is_active").checked = value;
    else if (field === "groups") setGroups(value.map((pk) => ({ pk, name: groupNames.get(pk) || pk })));
    else $(field).value = value;
  }
}

export function clearFaults() {
  $("general").hidden = true;
  $("general").textContent = "";
  for (const field of FIELDS) {
    $(`${field}-fault`).textContent = "";
    control(field).removeAttribute("aria-invalid");
  }
}

const control = (field) => (field === "groups" ? $("group-words") : $(field));

/** Shows each message beside its field, those that have none above the form, and goes to the first. */
export function showFaults(faults, detail) {
  clearFaults();
  const general = [];
  let first;
  for (const [field, messages] of faults) {
    if (!FIELDS.includes(field)) {
      general.push(...messages.map((message) => (field ? `${field}: ${message}` : message)));
      continue;
    }
    $(`${field}-fault`).textContent = messages.join(" ");
    control(field).setAttribute("aria-invalid", "true");
  }
  first = FIELDS.filter((field) => faults.has(field))
    .map(control)
    .sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1))[0];
  if (!first || general.length) {
    $("general").textContent = general.join(" ") || detail;
    $("general").hidden = false;
  }
  (first || $("general")).focus?.();
}
