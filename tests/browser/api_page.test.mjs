// The API page: authorize, try a call, and see the response.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browse, serve, shot } from "./host.mjs";
import { TOKENS } from "./seed.mjs";

let server;
before(async () => { server = await serve(); });
after(() => server.stop());

for (const width of [1280, 400]) {
  test(`a call works at ${width} pixels`, async () => {
    const { page, problems, close } = await browse(server.origin, { width });
    await page.goto(`${server.origin}/api/v3/`);
    await page.getByRole("button", { name: "Authorize" }).first().click();
    await page.locator(".auth-container input").first().fill(TOKENS.admin);
    await page.locator(".auth-btn-wrapper .authorize").first().click();
    await page.locator(".auth-btn-wrapper .btn-done").first().click();
    const call = page.locator("#operations-core-core_users_retrieve");
    await call.locator(".opblock-summary-control").click();
    const tryIt = call.locator(".try-out__btn", { hasText: "Try it out" });
    if (await tryIt.count()) await tryIt.click();
    await call.locator("tr[data-param-name=id] input").fill("7");
    await call.locator(".execute").click();
    await call.locator(".live-responses-table .response-col_status", { hasText: "200" }).first().waitFor();
    assert.match(await call.locator(".live-responses-table").innerText(), /"username": "ada"/);
    await shot(page, `api-${width}`);
    await close();
    assert.deepEqual(problems, []);
  });
}
