// The external systems that manage a user, such as an identity provider.

import { call } from "./api.js";

/** Returns who manages the user, as text; an empty one if only this server does, or if the answer fails. */
export async function managedText(user) {
  const references = await call("GET", `core/users/${user.pk}/used_by/`).then(({ value }) => value, () => []);
  // The mark of a user that a SCIM connection has deleted, and that this server has only deactivated.
  const isRemoved = (pk) => pk.startsWith("scim:") && pk.endsWith(":removed");
  const isMark = (it) => it.app === "userbook" && it.model_name === "external_id" && !isRemoved(it.pk);
  const names = references.filter(isMark).map((it) => it.name);
  if (!names.length) return "";
  return `Managed by ${names.join(" and ")}. Changes made here may be overwritten there.`;
}
