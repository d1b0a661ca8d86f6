// Calls of the API, and the messages of its errors.

/** The API beside the pages, also below a path prefix of a proxy or of a tenant. */
const API = new URL("../api/v3/", import.meta.url);

/** The key of the token. APIs at several paths of one origin have tokens of their own. */
const TOKEN = `userbook.token ${API.pathname}`;

export const token = {
  get: () => sessionStorage.getItem(TOKEN),
  set: (value) => sessionStorage.setItem(TOKEN, value),
  clear: () => sessionStorage.removeItem(TOKEN),
};

/** An error response. */
export class ApiError extends Error {
  constructor(status, body) {
    super(body.detail || firstMessage(body) || `The server responded with ${status}.`);
    this.status = status;
    /** Messages by field; messages about the whole request have the key "". */
    this.violations = violations(body);
    this.codes = (body.errors || []).map((error) => error.code);
  }
}

function firstMessage(body) {
  return Object.values(body).flat().find((value) => typeof value === "string");
}

/** Reads problem details or authentik's lists of messages. */
function violations(body) {
  const found = new Map();
  const add = (field, message) => found.set(field, [...(found.get(field) || []), message]);
  if (Array.isArray(body.errors)) {
    body.errors.forEach((error) => add(error.field || "", error.message));
  } else if (body.fields) {
    Object.entries(body.fields).forEach(([field, reason]) => add(field, reason));
  } else if (!("detail" in body)) {
    for (const [field, messages] of Object.entries(body)) {
      [messages].flat().forEach((message) => add(field === "non_field_errors" ? "" : field, String(message)));
    }
  }
  return found;
}

/** Whether the browser can keep numbers that JavaScript would round. */
export const keepsNumbers = typeof JSON.rawJSON === "function";

export function parse(text) {
  return JSON.parse(text, (_key, value, context) => {
    const rounded = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
    return rounded && keepsNumbers && context ? JSON.rawJSON(context.source) : value;
  });
}

/** Makes one call with an unchanged `body`. Throws an `ApiError`, or an `Error` without a response. */
export async function call(method, path, { headers = {}, body } = {}) {
  const sent = { Accept: "application/problem+json, application/json", ...headers };
  if (token.get()) sent.Authorization = `Bearer ${token.get()}`;
  if (body !== undefined) sent["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(new URL(path, API), { method, headers: sent, body, cache: "no-store" });
  } catch {
    throw new Error("The server did not respond. The change may or may not be saved.");
  }
  const text = await response.text();
  let value = null;
  try {
    value = text ? parse(text) : null;
  } catch {
    value = { detail: `The server responded with ${response.status} and an unreadable body.` };
  }
  if (!response.ok) throw new ApiError(response.status, value || {});
  return { value, etag: response.headers.get("ETag") };
}
