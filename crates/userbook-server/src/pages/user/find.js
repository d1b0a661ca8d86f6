// Finds users and shows the results in pages.

import { call } from "./api.js";

const $ = (id) => document.getElementById(id);
const PAGE_SIZE = 20;
let page = 1;

export async function find(open, wanted = 1) {
  const query = new URLSearchParams({
    search: $("words").value.trim(), include_groups: "false", ordering: "username",
    page: String(wanted), page_size: String(PAGE_SIZE),
  });
  const { value } = await call("GET", `core/users/?${query}`);
  const { pagination, results } = value;
  page = pagination.current;
  $("found").textContent = pagination.count === 1 ? "1 user" : `${pagination.count} users`;
  $("results").replaceChildren(...results.map((user) => entry(user, open)));
  $("pages").hidden = pagination.total_pages <= 1;
  $("page").textContent = `Page ${pagination.current} of ${pagination.total_pages}`;
  $("previous").disabled = !pagination.previous;
  $("next").disabled = !pagination.next;
}

function entry(user, open) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.pk = user.pk;
  const more = document.createElement("small");
  more.textContent = [user.username, user.email, user.is_active ? "" : "inactive"].filter(Boolean).join(" · ");
  button.append(user.name || user.username, more);
  button.addEventListener("click", () => open(user.pk));
  const item = document.createElement("li");
  item.append(button);
  return item;
}

/** Marks the open user. */
export function mark(pk) {
  for (const button of $("results").querySelectorAll("button")) {
    button.setAttribute("aria-current", String(button.dataset.pk === String(pk)));
  }
}

export function watchFind(open, failed) {
  const go = (wanted) => find(open, wanted).catch(failed);
  $("search").addEventListener("submit", (event) => {
    event.preventDefault();
    go(1);
  });
  $("previous").addEventListener("click", () => go(page - 1));
  $("next").addEventListener("click", () => go(page + 1));
}
