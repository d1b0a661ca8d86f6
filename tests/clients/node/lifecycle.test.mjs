// Create, change and delete users and groups through the official TypeScript client of either release.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ADA, ADMINS, STAFF, api, core, is2026, rejected } from "./common.mjs";

/** The members of a group request that name the parent. */
const below = (parent) => (is2026 ? { parents: [parent] } : { parent });
const parentOf = (group) => (is2026 ? group.parents[0] : group.parent) ?? null;

async function withUser(t, userRequest) {
  const user = await core().coreUsersCreate({ userRequest });
  t.after(() => core().coreUsersDestroy({ id: user.pk }).catch(() => {}));
  return user;
}

async function withGroup(t, groupRequest) {
  const group = await core().coreGroupsCreate({ groupRequest });
  t.after(() => core().coreGroupsDestroy({ groupUuid: group.pk }).catch(() => {}));
  return group;
}

test("a user is created and deleted", async (t) => {
  const user = await withUser(t, { username: "nora", name: "Nora", groups: [STAFF], path: "users/node" });
  assert.deepEqual([user.isActive, user.type, user.groups], [true, api.UserTypeEnum.Internal, [STAFF]]);
  assert.equal((await core().coreUsersRetrieve({ id: user.pk })).uid, user.uid);
  assert.ok((await core().coreUsersPathsRetrieve()).paths.includes("users/node"));
  await core().coreUsersDestroy({ id: user.pk });
  assert.equal((await rejected(core().coreUsersRetrieve({ id: user.pk }))).status, 404);
});

test("a group is created, changed and deleted", async (t) => {
  const group = await withGroup(t, { name: "Node", users: [ADA], attributes: { floor: 3 }, ...below(STAFF) });
  assert.deepEqual([parentOf(group), group.users, group.attributes], [STAFF, [ADA], { floor: 3 }]);
  assert.equal(group.usersObj[0].username, "ada");
  const replaced = await core().coreGroupsUpdate({ groupUuid: group.pk, groupRequest: { name: "Deno" } });
  assert.deepEqual([replaced.name, replaced.users, parentOf(replaced)], ["Deno", [], null]);
  const patched = await core().coreGroupsPartialUpdate({
    groupUuid: group.pk, patchedGroupRequest: { users: [ADA] },
  });
  assert.deepEqual([patched.name, patched.users], ["Deno", [ADA]]);
  await core().coreGroupsDestroy({ groupUuid: group.pk });
  assert.equal((await rejected(core().coreGroupsRetrieve({ groupUuid: group.pk }))).status, 404);
});

test("a service account has a token and a group", async (t) => {
  const made = await core().coreUsersServiceAccountCreate({
    userServiceAccountRequest: { name: "node-robot", createGroup: true },
  });
  t.after(() => core().coreUsersDestroy({ id: made.userPk }));
  t.after(() => core().coreGroupsDestroy({ groupUuid: made.groupPk }));
  assert.deepEqual([made.username, made.token.length], ["node-robot", 60]);
  assert.equal((await core().coreUsersRetrieve({ id: made.userPk })).uid, made.userUid);
});

test("passwords belong to the host", async () => {
  const set = (token) => core(token).coreUsersSetPasswordCreate({
    id: ADA, userPasswordSetRequest: { password: "correct horse" },
  });
  assert.equal((await rejected(set())).status, 400);
  assert.equal((await rejected(set("key-of-the-guest"))).status, 403);
});

test("references are listed", async (t) => {
  const group = await withGroup(t, { name: "Referring", users: [ADA], ...below(STAFF) });
  const ofUser = await core().coreUsersUsedByList({ id: ADA });
  assert.ok(ofUser.some((it) => it.pk === group.pk && it.action === api.UsedByActionEnum.CascadeMany));
  const ofGroup = await core().coreGroupsUsedByList({ groupUuid: STAFF });
  assert.ok(ofGroup.some((it) => it.pk === group.pk && it.action === api.UsedByActionEnum.SetNull));
});

test("a group is not its own parent", async (t) => {
  const group = await withGroup(t, { name: "Loop" });
  const loop = core().coreGroupsUpdate({ groupUuid: group.pk, groupRequest: { name: "Loop", ...below(group.pk) } });
  const name = is2026 ? "parents" : "parent";
  assert.deepEqual(await rejected(loop), {
    status: 400, body: { [name]: ["Cannot set group as parent of itself."] },
  });
});

test("release 2026.8 has dates, roles and relatives", { skip: !is2026 }, async (t) => {
  const user = await withUser(t, { username: "newest", name: "Newest", roles: [] });
  assert.ok(user.dateJoined instanceof Date && user.lastUpdated instanceof Date);
  assert.deepEqual([user.roles, user.rolesObj], [[], []]);
  const page = await core().coreUsersList({
    dateJoinedGt: new Date(user.dateJoined.getTime() - 1000), ordering: "-date_joined", includeRoles: false,
  });
  assert.equal(page.results[0].pk, user.pk);
  assert.deepEqual([page.results[0].rolesObj, page.autocomplete], [null, {}]);

  const child = await withGroup(t, { name: "Newest child", parents: [STAFF] });
  const staff = await core().coreGroupsRetrieve({ groupUuid: STAFF, includeChildren: true });
  assert.deepEqual(staff.children, [child.pk]);
  assert.equal(staff.childrenObj[0].groupUuid, child.pk);
  const several = await rejected(core().coreGroupsPartialUpdate({
    groupUuid: child.pk, patchedGroupRequest: { parents: [STAFF, ADMINS] },
  }));
  assert.deepEqual(several, { status: 400, body: { parents: ["A group has at most one parent."] } });

  const me = await core().coreUsersMeRetrieve();
  assert.deepEqual([me.user.isCurrent, me.user.roles, me.users.length], [true, [], 1]);
});
