// Asks before a user or a group is deleted, or a user is deactivated.

import { ApiError, call } from "./api.js";

const $ = (id) => document.getElementById(id);

/**
 * Shows the question until the call succeeds or the person goes back. A caller who would lose the own access has to
 * confirm this explicitly. Resolves to whether the call was made.
 */
function ask({ title, text, verb, act }) {
  $("remove-title").textContent = title;
  $("remove-text").textContent = text;
  $("remove-yes").textContent = verb;
  $("remove-violation").hidden = true;
  $("remove-lockout").hidden = true;
  $("remove-allow").checked = false;
  $("remove").showModal();
  return new Promise((resolve) => {
    let done = false;
    $("remove").onclose = () => resolve(done);
    $("remove-no").onclick = () => $("remove").close();
    $("remove-yes").onclick = async () => {
      $("remove-yes").disabled = true;
      try {
        await act($("remove-allow").checked ? "?allow_self_lockout=true" : "");
        done = true;
        $("remove").close();
      } catch (error) {
        const isLockout = error instanceof ApiError && error.codes.includes("self_lockout");
        $("remove-lockout").hidden = !isLockout;
        $("remove-violation").textContent = error.message;
        $("remove-violation").hidden = false;
      } finally {
        $("remove-yes").disabled = false;
      }
    };
  });
}

const tagged = (etag) => (etag ? { "If-Match": etag } : {});

/** Returns the message of a precondition that failed in words of the page. */
async function guarded(send) {
  try {
    return await send();
  } catch (error) {
    if (error.status === 412) throw new Error("It was changed meanwhile. Go back and look at it again.");
    throw error;
  }
}

export const deleteUser = ({ user, etag }) => ask({
  title: `Delete ${user.username}?`,
  text: "The user, the user's memberships, permissions and tokens are deleted. This cannot be undone.",
  verb: "Delete the user",
  act: (query) => guarded(() =>
    call("DELETE", `core/users/${user.pk}/${query}`, { headers: tagged(etag) })),
});

export const setActive = ({ user, etag }, active) => ask({
  title: `${active ? "Activate" : "Deactivate"} ${user.username}?`,
  text: active ? "The user may log in again." : "The user may no longer log in; nothing is deleted.",
  verb: active ? "Activate" : "Deactivate",
  act: (query) => guarded(() => call("PATCH", `core/users/${user.pk}/${query}`, {
    body: JSON.stringify({ is_active: active }), headers: tagged(etag),
  })),
});

export const deleteGroup = (group) => ask({
  title: `Delete the group ${group.name}?`,
  text: `Members leave the group (${group.users.length} that you may see), groups below lose their parent.`,
  verb: "Delete the group",
  act: (query) => call("DELETE", `core/groups/${group.pk}/${query}`),
});
