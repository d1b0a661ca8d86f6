// The official TypeScript clients against the reference server.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ADA, ADMINS, STAFF, api, configuration, core, rejected } from "./common.mjs";

beforeEach(() => core().coreUsersUpdate({
  id: ADA,
  userRequest: {
    username: "ada", name: "Ada Lovelace", email: "ada@example.com", isActive: true, path: "users/eu",
    type: api.UserTypeEnum.Internal, groups: [STAFF], attributes: { theme: "dark" },
  },
}));

test("retrieve", async () => {
  const user = await core().coreUsersRetrieve({ id: ADA });
  assert.equal(user.username, "ada");
  assert.deepEqual(user.groups, [STAFF]);
  assert.equal(user.groupsObj[0].name, "Staff");
  assert.ok(user.passwordChangeDate instanceof Date);
});

test("put and patch", async () => {
  const put = await core().coreUsersUpdate({ id: ADA, userRequest: { username: "ada", name: "Ada King" } });
  assert.deepEqual([put.name, put.email, put.groups], ["Ada King", "ada@example.com", []]);
  const lastLogin = new Date("2025-06-07T08:09:10.123Z");
  const patched = await core().coreUsersPartialUpdate({
    id: ADA, patchedUserRequest: { lastLogin, attributes: { a: [1, { b: null }] } },
  });
  assert.equal(patched.lastLogin.getTime(), lastLogin.getTime());
  assert.deepEqual((await core().coreUsersRetrieve({ id: ADA })).attributes, { a: [1, { b: null }] });
});

test("list", async () => {
  const page = await core().coreUsersList({ ordering: "username", pageSize: 3, page: 2 });
  assert.deepEqual(page.results.map((user) => user.username), ["guest"]);
  assert.deepEqual([page.pagination.count, page.pagination.next, page.pagination.previous], [4, 0, 1]);
  const found = await core().coreUsersList({ groupsByName: ["Staff"], isActive: true });
  assert.deepEqual(found.results.map((user) => user.pk), [ADA]);
});

test("me, config, groups", async () => {
  const me = await core("key-of-the-help-desk").coreUsersMeRetrieve();
  assert.equal(me.user.username, "desk");
  await new api.RootApi(configuration("key-of-the-admin")).rootConfigRetrieve();
  await core().coreGroupsAddUserCreate({ groupUuid: STAFF, userAccountRequest: { pk: 3 } });
  const staff = await core().coreGroupsRetrieve({ groupUuid: STAFF });
  assert.deepEqual([...staff.users].sort(), [3, ADA]);
  await core().coreGroupsRemoveUserCreate({ groupUuid: STAFF, userAccountRequest: { pk: 3 } });
  assert.deepEqual((await core().coreGroupsList({ search: "staff" })).results[0].users, [ADA]);
});

test("rejected requests", async () => {
  const faulty = await rejected(core().coreUsersUpdate({ id: ADA, userRequest: { username: "", name: "x" } }));
  assert.deepEqual(faulty, { status: 400, body: { username: ["This field may not be blank."] } });
  const parsed = api.ValidationErrorFromJSON(faulty.body);
  assert.deepEqual(parsed.username, ["This field may not be blank."]);
  const forbidden = await rejected(core("key-of-the-guest").coreUsersRetrieve({ id: ADA }));
  assert.equal(forbidden.status, 403);
  assert.equal(api.GenericErrorFromJSON(forbidden.body).detail, "You do not have permission to perform this action.");
  assert.equal((await rejected(core().coreUsersRetrieve({ id: 4711 }))).status, 404);
});

test("read-only fields grant no superuser status", async () => {
  const desk = core("key-of-the-help-desk");
  const joined = await rejected(desk.coreUsersPartialUpdate({ id: 3, patchedUserRequest: { groups: [ADMINS] } }));
  assert.equal(joined.status, 403);
  const response = await fetch(`${process.env.USERBOOK_ORIGIN}/api/v3/core/users/3/`, {
    method: "PATCH",
    headers: { Authorization: "Bearer key-of-the-help-desk", "Content-Type": "application/json" },
    body: JSON.stringify({ is_superuser: true, pk: 1, unknown: { a: 1 } }),
  });
  assert.equal(response.status, 200);
  assert.equal((await core().coreUsersRetrieve({ id: 3 })).isSuperuser, false);
});
