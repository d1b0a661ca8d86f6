// The initial directory of every test, with the permissions of its users.

export const ADMINS = "00000000-0000-4000-8000-00000000000a";
export const STAFF = "00000000-0000-4000-8000-00000000000b";
export const TOKENS = { admin: "key-of-the-admin", desk: "key-of-the-help-desk" };
const CROWD = 45;

const user = (pk, username, more = {}) => ({
  pk, username, name: "", email: "", is_active: true, last_login: null, path: "users", type: "internal",
  uuid: `00000000-0000-4000-8000-${String(pk).padStart(12, "0")}`, attributes: {}, groups: [],
  password_change_date: "2025-01-01T00:00:00Z", ...more,
});

const group = (pk, name, is_superuser = false) => ({ pk, name, is_superuser, parent: null, attributes: {} });

export const seed = () => ({
  install_id: "00000000-0000-4000-8000-0000000000ff",
  groups: [group(ADMINS, "Administrators", true), group(STAFF, "Staff")],
  users: [
    user(1, "admin", { name: "The Admin", groups: [ADMINS] }),
    user(2, "desk", { name: "Help Desk" }),
    user(7, "ada", { name: "Ada Lovelace", email: "ada@example.com", attributes: { serial: "@big@", theme: "dark" } }),
    user(8, "managed", { name: "Grace Hopper", external_ids: { "scim:okta": "00u1", hr: null } }),
    ...Array.from({ length: CROWD }, (_, index) => user(100 + index, `crowd-${String(index).padStart(2, "0")}`)),
  ],
  tokens: Object.entries(TOKENS).map(([who, key]) => ({
    key, intent: "api", expiring: false, expires: null, user_pk: who === "admin" ? 1 : 2,
  })),
  permissions: ["view_user", "change_user", "view_group"].map((name) => (
    { user_pk: 2, permission: `authentik_core.${name}` })),
});

/** A number that a double cannot hold: it must survive an edit. */
export const BIG = "9007199254740993";

export const seedText = () => JSON.stringify(seed()).replace('"@big@"', BIG);
