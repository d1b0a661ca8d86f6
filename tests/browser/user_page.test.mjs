// The user page: find, edit, submit, correct an invalid value, review, save, reload.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { api, browse, serve, shot } from "./host.mjs";
import { BIG, TOKENS } from "./seed.mjs";

let server;
let view;

before(async () => { server = await serve(); });
after(() => server.stop());
beforeEach(async () => { view = await browse(server.origin); });
afterEach(async () => {
  await view.close();
  assert.deepEqual(view.problems, []);
});

const by = {
  field: (name) => view.page.getByLabel(name, { exact: true }),
  button: (name) => view.page.getByRole("button", { name, exact: true }),
  violation: (field) => view.page.locator(`#${field}-violation`),
};

async function signIn(who = "admin", address = "/") {
  await view.page.goto(`${server.origin}${address}`);
  await by.field("API token").fill(TOKENS[who]);
  await by.button("Sign in").click();
  await view.page.getByText("Signed in as").waitFor();
}

async function openAda(who) {
  await signIn(who);
  await view.page.getByLabel("Name, user name or e-mail address").fill("lovelace");
  await by.button("Find").click();
  await view.page.getByText("1 user", { exact: true }).waitFor();
  await view.page.locator("#results button").click();
  await view.page.getByRole("heading", { name: "Ada" }).waitFor();
}

async function saveAll() {
  await by.button("Review changes").click();
  await view.page.locator("#review[open]").waitFor();
  await by.button("Save").click();
  await view.page.getByText("Saved.", { exact: true }).waitFor();
}

test("violations are shown beside their fields, and saved values survive a reload", async () => {
  await openAda();
  await by.field("User name").fill("admin");
  await by.field("E-mail address").fill("nowhere");
  await by.button("Review changes").click();
  await by.violation("email").getByText("Enter a valid email address.").waitFor();
  await by.violation("username").getByText("This field must be unique.").waitFor();
  assert.equal(await by.field("User name").getAttribute("aria-invalid"), "true");
  assert.equal(await view.page.evaluate("document.activeElement.id"), "username");
  await shot(view.page, "violations-1280");

  await by.field("User name").fill("ada");
  await by.field("E-mail address").fill("ada@example.org");
  await by.field("Name").fill("Ada King");
  await by.button("Review changes").click();
  const review = view.page.locator("#review[open]");
  await review.waitFor();
  const rows = await review.locator("tbody tr").allInnerTexts();
  assert.equal(rows.length, 2);
  assert.match(rows.join("\n"), /E-mail address\s+ada@example\.com\s+ada@example\.org/);
  assert.match(rows.join("\n"), /Name\s+Ada Lovelace\s+Ada King/);
  await shot(view.page, "review-1280");
  // Nothing is written before the confirmation.
  assert.equal((await api(server.origin, "GET", "core/users/7/")).body.name, "Ada Lovelace");

  await by.button("Save").click();
  await view.page.getByText("Saved.", { exact: true }).waitFor();
  await view.page.reload();
  await view.page.getByRole("heading", { name: "Ada King" }).waitFor();
  assert.equal(await by.field("E-mail address").inputValue(), "ada@example.org");
  assert.equal((await api(server.origin, "GET", "core/users/7/")).body.email, "ada@example.org");
  await api(server.origin, "PATCH", "core/users/7/", { name: "Ada Lovelace", email: "ada@example.com" });
});

test("a conflict shows both versions and loses neither", async () => {
  await openAda();
  await by.field("Name").fill("Mine");
  await api(server.origin, "PATCH", "core/users/7/", { name: "Theirs", path: "elsewhere" });
  await by.button("Review changes").click();
  const conflict = view.page.locator("#conflict[open]");
  await conflict.waitFor();
  const text = (await conflict.locator("tbody").innerText()).replace(/\s+/g, " ");
  assert.match(text, /Name Ada Lovelace Theirs Mine/);
  assert.match(text, /Path users elsewhere \(not edited\)/);
  await shot(view.page, "conflict-1280");
  await by.button("Keep my edits").click();
  assert.equal(await by.field("Path").inputValue(), "elsewhere");
  await saveAll();
  const { body } = await api(server.origin, "GET", "core/users/7/");
  assert.deepEqual([body.name, body.path], ["Mine", "elsewhere"]);
  await api(server.origin, "PATCH", "core/users/7/", { name: "Ada Lovelace", path: "users" });
});

test("invalid JSON is reported before a request is sent; long numbers survive an edit", async () => {
  await openAda();
  const attributes = by.field("Attributes (JSON)");
  assert.match(await attributes.inputValue(), new RegExp(BIG));
  await attributes.fill("{");
  await by.button("Review changes").click();
  await by.violation("attributes").getByText("This is not JSON").waitFor();
  await attributes.fill(`{"serial": ${BIG}, "theme": "light"}`);
  await saveAll();
  const { text } = await api(server.origin, "GET", "core/users/7/");
  assert.ok(text.includes(`"serial":${BIG}`), text);
  assert.ok(text.includes('"theme":"light"'));
});

test("groups are joined and left by keyboard", async () => {
  await openAda();
  await by.field("Add a group").fill("staff");
  await by.button("Join Staff").waitFor();
  await view.page.keyboard.press("Enter");
  await by.button("Leave Staff").waitFor();
  await saveAll();
  assert.equal((await api(server.origin, "GET", "core/users/7/")).body.groups_obj[0].name, "Staff");
  await by.button("Leave Staff").focus();
  await view.page.keyboard.press("Enter");
  await saveAll();
  assert.deepEqual((await api(server.origin, "GET", "core/users/7/")).body.groups, []);
});

test("a denied grant is shown beside the groups, and nothing is saved", async () => {
  await openAda("desk");
  await by.field("Add a group").fill("admin");
  await by.button("Join Administrators (superusers)").click();
  await by.button("Review changes").click();
  await view.page.locator("#general, #groups-violation").filter({ hasText: "Administrators" }).first().waitFor();
  assert.deepEqual((await api(server.origin, "GET", "core/users/7/")).body.groups, []);
});

test("self-lockout requires a confirmation", async () => {
  await signIn("admin", "/#/users/1");
  await view.page.getByRole("heading", { name: "The Admin" }).waitFor();
  assert.equal(await by.field("Allow removing my own access").isVisible(), false);
  await by.field("Active: may log in").uncheck();
  await by.button("Review changes").click();
  await view.page.locator("#general:visible").waitFor();
  assert.equal((await api(server.origin, "GET", "core/users/1/")).body.is_active, true);
});

test("results are paginated, and an invalid token is reported", async () => {
  await view.page.goto(server.origin);
  await by.field("API token").fill("wrong");
  await by.button("Sign in").click();
  await view.page.getByText("Token invalid/expired").waitFor();
  await signIn();
  await view.page.getByText("Page 1 of 3").waitFor();
  assert.equal(await view.page.locator("#results li").count(), 20);
  await by.button("Next").click();
  await view.page.getByText("Page 2 of 3").waitFor();
  await shot(view.page, "find-1280");
});

test("every control has a name, and the form can be saved by keyboard", async () => {
  await openAda();
  const nameless = await view.page.evaluate(() =>
    [...document.querySelectorAll("input, select, textarea, button")]
      .filter((it) => it.checkVisibility())
      .filter((it) => !(it.labels?.length || it.textContent.trim() || it.getAttribute("aria-label")))
      .map((it) => it.outerHTML));
  assert.deepEqual(nameless, []);
  await by.field("Name").focus();
  await view.page.keyboard.press("End");
  await view.page.keyboard.type("!");
  await view.page.keyboard.press("Enter");
  await view.page.locator("#review[open]").waitFor();
  await view.page.keyboard.press("Escape");
  await view.page.locator("#review[open]").waitFor({ state: "detached" });
});

test("the page fits into 400 pixels", async () => {
  await view.page.setViewportSize({ width: 400, height: 800 });
  await openAda();
  const tooWide = () => view.page.evaluate("document.documentElement.scrollWidth > innerWidth");
  assert.equal(await tooWide(), false);
  await shot(view.page, "user-400");
  await by.field("Name").fill("Ada of Four Hundred Pixels");
  await by.button("Review changes").click();
  await view.page.locator("#review[open]").waitFor();
  assert.equal(await tooWide(), false);
  await shot(view.page, "review-400");
});

test("a user is created, deactivated, activated and deleted", async () => {
  await signIn();
  await by.button("New user").click();
  await by.field("New user name").fill("ada");
  await by.field("Display name").fill("Grace Hopper");
  await by.button("Create the user").click();
  await view.page.locator("#new-user .violation").getByText("username: This field must be unique.").waitFor();
  await shot(view.page, "new-user-1280");
  await by.field("New user name").fill("grace");
  await by.field("E-mail address of the user").fill("grace@example.com");
  await by.button("Create the user").click();
  await view.page.getByRole("heading", { name: "Grace Hopper" }).waitFor();
  const { body } = await api(server.origin, "GET", "core/users/?username=grace");
  const [{ pk, email, type }] = body.results;
  assert.deepEqual([email, type], ["grace@example.com", "internal"]);

  const read = async () => api(server.origin, "GET", `core/users/${pk}/`);
  await by.button("Deactivate the user").click();
  await by.button("Deactivate").click();
  await view.page.getByText("Deactivated.", { exact: true }).waitFor();
  assert.equal((await read()).body.is_active, false);
  await by.button("Activate the user").click();
  await by.button("Activate").click();
  await view.page.getByText("Activated.", { exact: true }).waitFor();
  assert.equal((await read()).body.is_active, true);

  await by.button("Delete the user").click();
  const dialog = view.page.locator("#remove[open]");
  await dialog.getByText("Delete grace?").waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  assert.equal((await read()).status, 200);
  await by.button("Delete the user").click();
  await shot(view.page, "delete-user-1280");
  await dialog.getByRole("button", { name: "Delete the user" }).click();
  await view.page.getByText("Deleted grace.").waitFor();
  assert.equal((await read()).status, 404);
  assert.equal(await view.page.locator("#edit").isVisible(), false);
});

test("a deletion of what was changed meanwhile or is protected is refused", async () => {
  await openAda();
  await api(server.origin, "PATCH", "core/users/7/", { path: "elsewhere" });
  await by.button("Delete the user").click();
  const dialog = view.page.locator("#remove[open]");
  await dialog.getByRole("button", { name: "Delete the user" }).click();
  await dialog.getByText("It was changed meanwhile.").waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await api(server.origin, "PATCH", "core/users/7/", { path: "users" });

  await view.page.goto(`${server.origin}/#/users/1`);
  await view.page.getByRole("heading", { name: "The Admin" }).waitFor();
  await by.button("Delete the user").click();
  await dialog.getByRole("button", { name: "Delete the user" }).click();
  await view.page.locator("#remove-violation:visible").waitFor();
  assert.equal((await api(server.origin, "GET", "core/users/1/")).status, 200);
  await dialog.getByRole("button", { name: "Cancel" }).click();
});

test("groups are created and deleted, and inherited superuser status is shown", async () => {
  await signIn();
  await view.page.getByText("Groups", { exact: true }).first().click();
  await view.page.getByText("2 groups").waitFor();
  await by.button("New group").click();
  await by.field("Group name").fill("Staff");
  await by.button("Create the group").click();
  await view.page.locator("#new-group .violation").getByText("name: This field must be unique.").waitFor();
  await by.field("Group name").fill("Night shift");
  await by.button("Create the group").click();
  await view.page.getByText("Created the group Night shift.").waitFor();
  const { body } = await api(server.origin, "GET", "core/groups/?name=Night+shift");
  const [{ pk }] = body.results;
  const administrators = "00000000-0000-4000-8000-00000000000a";
  await api(server.origin, "PATCH", `core/groups/${pk}/`, { parent: administrators, users: [7] });

  await view.page.goto(`${server.origin}/`);
  await view.page.reload();
  await view.page.goto(`${server.origin}/#/users/7`);
  await view.page.getByText("superuser through Night shift (below Administrators)").waitFor();
  await view.page.locator("#groups").getByText("(superusers through Administrators)").waitFor();
  await shot(view.page, "inherited-1280");
  await view.page.getByText("Groups", { exact: true }).first().click();
  await view.page.locator("#group-list").getByText("superusers through Administrators").waitFor();
  await shot(view.page, "groups-1280");
  await by.button("Delete Night shift").click();
  await view.page.locator("#remove[open]").getByRole("button", { name: "Delete the group" }).click();
  await view.page.getByText("Deleted the group Night shift.").waitFor();
  assert.equal((await api(server.origin, "GET", `core/groups/${pk}/`)).status, 404);
  assert.equal((await api(server.origin, "GET", "core/users/7/")).body.is_superuser, false);
});

test("the dialogs fit into 400 pixels", async () => {
  await view.page.setViewportSize({ width: 400, height: 800 });
  await signIn();
  const tooWide = () => view.page.evaluate("document.documentElement.scrollWidth > innerWidth");
  await by.button("New user").click();
  assert.equal(await tooWide(), false);
  await shot(view.page, "new-user-400");
  await view.page.keyboard.press("Escape");
  await view.page.getByText("Groups", { exact: true }).first().click();
  await view.page.getByText("2 groups").waitFor();
  assert.equal(await tooWide(), false);
  await shot(view.page, "groups-400");
});

test("the page works with release 2026.8", async () => {
  const latest = await serve("--release", "2026.8");
  try {
    await view.page.goto(latest.origin);
    await by.field("API token").fill(TOKENS.admin);
    await by.button("Sign in").click();
    await view.page.getByText("Signed in as").waitFor();
    await view.page.goto(`${latest.origin}/#/users/1`);
    await view.page.getByText("superuser through Administrators").waitFor();
    await by.field("Name").fill("Renamed");
    await saveAll();
    assert.equal((await api(latest.origin, "GET", "core/users/1/")).body.name, "Renamed");
  } finally {
    await latest.stop();
    // The last server has another origin than the tests' own.
    view.problems.splice(0, view.problems.length, ...view.problems.filter((it) => !it.includes(latest.origin)));
  }
});

test("the page shows which systems manage a user, at 1280 and 400 pixels", async () => {
  await signIn("admin", "/#/users/8");
  const managed = view.page.locator("#managed");
  await managed.getByText("Managed by hr and scim:okta (00u1).").waitFor();
  await shot(view.page, "managed-1280");
  await view.page.setViewportSize({ width: 400, height: 800 });
  assert.equal(await view.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true);
  await shot(view.page, "managed-400");
  // The note belongs to the open user.
  await view.page.goto(`${server.origin}/#/users/7`);
  await view.page.getByRole("heading", { name: "Ada" }).waitFor();
  await view.page.waitForLoadState("networkidle");
  assert.equal(await managed.isVisible(), false);
});
