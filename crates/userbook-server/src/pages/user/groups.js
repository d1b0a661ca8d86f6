// The groups of the user in the form: leave one, find one, join it.

import { call } from "./api.js";
import { superuserNote } from "./lineage.js";

const $ = (id) => document.getElementById(id);

/** The groups in the form by id. */
let chosen = new Map();
let search = 0;

export function setGroups(groups) {
  chosen = new Map(groups.map((group) => [group.pk, group.name]));
  $("group-words").value = "";
  $("group-results").replaceChildren();
  render();
}

/** Returns the sorted ids, for comparisons. */
export const groupIds = () => [...chosen.keys()].sort();

export const groupName = (id) => chosen.get(id);

function entry(name, verb, act) {
  const item = document.createElement("li");
  const label = document.createElement("span");
  label.textContent = name;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = verb;
  button.setAttribute("aria-label", `${verb} ${name}`);
  button.addEventListener("click", act);
  item.append(label, button);
  return item;
}

function render() {
  const items = [...chosen].map(([id, name]) => {
    const item = entry(name, "Leave", () => {
      chosen.delete(id);
      render();
      $("group-words").focus();
    });
    const note = document.createElement("small");
    item.firstChild.append(" ", note);
    superuserNote(id).then((text) => { note.textContent = text; });
    return item;
  });
  $("groups").replaceChildren(...items);
}

async function find() {
  const words = $("group-words").value.trim();
  const mine = ++search;
  if (!words) return $("group-results").replaceChildren();
  const query = new URLSearchParams({ search: words, include_users: "false", page_size: "10", ordering: "name" });
  let groups;
  try {
    groups = (await call("GET", `core/groups/?${query}`)).value.results;
  } catch (error) {
    groups = [];
    $("groups-violation").textContent = error.message;
  }
  // The response to an older search may arrive after that of a newer one.
  if (mine !== search) return;
  const others = groups.filter((group) => !chosen.has(group.pk));
  $("group-results").replaceChildren(...others.map((group) =>
    entry(group.is_superuser ? `${group.name} (superusers)` : group.name, "Join", () => {
      chosen.set(group.pk, group.name);
      $("group-words").value = "";
      $("group-results").replaceChildren();
      render();
      $("group-words").focus();
    })));
}

export function watchGroups() {
  $("group-words").addEventListener("input", find);
  $("group-words").addEventListener("keydown", (event) => {
    // Enter selects a group here and does not submit the form.
    if (event.key === "Enter") {
      event.preventDefault();
      $("group-results").querySelector("button")?.click();
    }
  });
}
