// The client of the release that `USERBOOK_RELEASE` names, and its calls.

import assert from "node:assert/strict";

export const release = process.env.USERBOOK_RELEASE ?? "2025.2";
export const is2026 = release === "2026.8";
export const { default: api } = await import(`authentik-${release}`);

export const ADA = 7;
export const ADMINS = "00000000-0000-4000-8000-00000000000a";
export const STAFF = "00000000-0000-4000-8000-00000000000b";

export const configuration = (accessToken) => new api.Configuration({
  basePath: `${process.env.USERBOOK_ORIGIN}/api/v3`, accessToken,
});
export const core = (token = "key-of-the-admin") => new api.CoreApi(configuration(token));

/** Returns the status and body of an error response. */
export async function rejected(call) {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof api.ResponseError, String(error));
    return { status: error.response.status, body: await error.response.json() };
  }
  return assert.fail("the request was not rejected");
}
