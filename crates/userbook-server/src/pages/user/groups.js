// The groups of the user in the form: leave one, find one, join it.

import { call } from "./api.js";

const $ = (id) => document.getElementById(id);

/** Groups in the form, by id. */
let chosen = new Map();
let search = 0;

export function setGroups(groups) {
  chosen = new Map(groups.map((group) => [group.pk, group.name]));
  $("group-words").value = "";
  $("group-results").replaceChildren();
  render();
}

/** The ids, sorted, so that two lists can be compared. */
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
  const items = [...chosen].map(([id, name]) =>
    entry(name, "Leave", () => {
      chosen.delete(id);
      render();
      $("group-words").focus();
    }));
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
    $("groups-fault").textContent = error.message;
  }
  // An older search may answer later than a newer one.
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
    // Enter belongs to the list of groups here, not to the form.
    if (event.key === "Enter") {
      event.preventDefault();
      $("group-results").querySelector("button")?.click();
    }
  });
}
