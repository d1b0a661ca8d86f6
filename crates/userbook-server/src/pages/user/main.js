// The user page: sign-in, search and editing. The address contains the open user (`#/users/7`), so that a reload shows
// this user again.

import { call, token } from "./api.js";
import { watchCreate } from "./create.js";
import { listGroups, watchDirectory } from "./directory.js";
import { closeEdit, show, watchEdit } from "./edit.js";
import { find, mark, watchFind } from "./find.js";
import { watchGroups } from "./groups.js";
import { forgetGroups } from "./lineage.js";

const $ = (id) => document.getElementById(id);

const say = (text) => { $("status").textContent = text; };
const failed = (error) => say(error.message);

const openByAddress = async () => {
  const pk = /^#\/users\/(\d+)$/.exec(location.hash)?.[1];
  if (!pk) return closeEdit();
  mark(pk);
  await show(pk).catch((error) => {
    closeEdit();
    failed(error);
  });
};

const open = (pk) => {
  say("");
  if (location.hash === `#/users/${pk}`) openByAddress();
  else location.hash = `/users/${pk}`;
};

async function signIn() {
  const { value } = await call("GET", "core/users/me/");
  $("me").textContent = value.user.username;
  $("sign-in").hidden = true;
  $("signed-in").hidden = false;
  $("find").hidden = false;
  await find(open);
  await openByAddress();
}

/** Starts anew: nothing of a person stays in the document. */
function signOut() {
  token.clear();
  history.replaceState(null, "", location.pathname);
  location.reload();
}

$("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  token.set($("token").value.trim());
  $("token").value = "";
  say("");
  signIn().catch((error) => {
    token.clear();
    $("sign-in").hidden = false;
    $("signed-in").hidden = true;
    failed(error);
    $("token").focus();
  });
});
$("sign-out").addEventListener("click", signOut);
window.addEventListener("hashchange", () => {
  if (token.get()) openByAddress();
});
watchFind(open, failed);
watchGroups();
/** Shows the results anew after something was created or deleted. */
const refresh = () => find(open);

watchEdit(say, async (user) => {
  history.replaceState(null, "", location.pathname);
  closeEdit();
  await refresh();
  say(`Deleted ${user.username}.`);
});
watchDirectory(async (group) => {
  await openByAddress();
  say(`Deleted the group ${group.name}.`);
}, failed);
watchCreate(
  async (pk) => {
    await refresh();
    open(pk);
    say("Created.");
  },
  async (name) => {
    forgetGroups();
    await listGroups();
    say(`Created the group ${name}.`);
  },
);
if (token.get()) signIn().catch(failed);
else $("token").focus();
