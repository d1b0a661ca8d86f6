// The list of groups: find one, see its superuser status, delete it.

import { call } from "./api.js";
import { forgetGroups, superuserNote } from "./lineage.js";
import { deleteGroup } from "./remove.js";

const $ = (id) => document.getElementById(id);
const PAGE_SIZE = 10;
let wanted = 0;

/** Shows the groups that match the words. */
export async function listGroups(page = 1) {
  const mine = ++wanted;
  const query = new URLSearchParams({
    search: $("group-list-words").value.trim(), ordering: "name", include_users: "false",
    page: String(page), page_size: String(PAGE_SIZE),
  });
  const { pagination, results } = (await call("GET", `core/groups/?${query}`)).value;
  const notes = await Promise.all(results.map((group) => superuserNote(group.pk)));
  if (mine !== wanted) return;
  $("group-list-found").textContent = pagination.count === 1 ? "1 group" : `${pagination.count} groups`;
  $("group-list").replaceChildren(...results.map((group, index) => entry(group, notes[index])));
  $("group-pages").hidden = pagination.total_pages <= 1;
  $("group-page").textContent = `Page ${pagination.current} of ${pagination.total_pages}`;
  $("group-previous").disabled = !pagination.previous;
  $("group-next").disabled = !pagination.next;
  $("group-previous").onclick = () => listGroups(pagination.previous);
  $("group-next").onclick = () => listGroups(pagination.next);
}

let deleted = async () => {};

function entry(group, note) {
  const label = document.createElement("span");
  label.textContent = group.name;
  const more = document.createElement("small");
  const members = group.users.length === 1 ? "1 member" : `${group.users.length} members`;
  const parent = group.parent_name ? `below ${group.parent_name}` : "";
  more.textContent = [members, parent, note].filter(Boolean).join(" · ");
  label.append(more);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Delete";
  button.setAttribute("aria-label", `Delete ${group.name}`);
  button.addEventListener("click", async () => {
    if (await deleteGroup(group)) await deleted(group);
  });
  const item = document.createElement("li");
  item.append(label, button);
  return item;
}

/** `gone` is called after a group was deleted. */
export function watchDirectory(gone, failed) {
  deleted = async (group) => {
    forgetGroups();
    await Promise.all([listGroups(), gone(group)]).catch(failed);
  };
  $("group-search").addEventListener("submit", (event) => {
    event.preventDefault();
    listGroups().catch(failed);
  });
  // A person without any right to view groups finds users only.
  $("group-section").addEventListener("toggle", () => {
    if ($("group-section").open) listGroups().catch(failed);
  });
}
