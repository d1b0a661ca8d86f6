// Superuser status through groups: a group makes its members superusers itself, or through a group above.

import { call } from "./api.js";

/** The number of groups above that count. */
const MOST_ABOVE = 19;

/** Groups that were read, by id; a group that may not be seen is null. */
const known = new Map();

export const forgetGroups = () => known.clear();

async function read(pk) {
  if (!known.has(pk)) {
    const group = call("GET", `core/groups/${pk}/?include_users=false`).then(({ value }) => value, () => null);
    known.set(pk, group);
  }
  return known.get(pk);
}

/** The parent of a group, in either release of the API. */
const parentOf = (group) => group.parent ?? group.parents?.[0] ?? null;

/** Returns the nearest group, from this one upwards, that makes members superusers; null if none is visible. */
export async function superuserSource(pk) {
  let next = pk;
  for (let above = 0; next && above <= MOST_ABOVE; above += 1) {
    const group = await read(next);
    if (!group) return null;
    if (group.is_superuser) return group;
    next = parentOf(group);
  }
  return null;
}

/** Returns how a membership gives superuser status: "", or a text in parentheses. */
export async function superuserNote(pk) {
  const source = await superuserSource(pk);
  if (!source) return "";
  return source.pk === pk ? "(superusers)" : `(superusers through ${source.name})`;
}

/** Returns the superuser status of a user with its sources. */
export async function superuserText(user) {
  if (!user.is_superuser) return "";
  const sources = new Set();
  for (const pk of user.groups) {
    const source = await superuserSource(pk);
    if (!source) continue;
    const own = (await read(pk)).name;
    sources.add(source.pk === pk ? own : `${own} (below ${source.name})`);
  }
  return sources.size ? `superuser through ${[...sources].sort().join(", ")}` : "superuser";
}
