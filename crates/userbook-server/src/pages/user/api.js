// Calls of the API, and what its refusals say.

const TOKEN = "userbook.token";

export const token = {
  get: () => sessionStorage.getItem(TOKEN),
  set: (value) => sessionStorage.setItem(TOKEN, value),
  clear: () => sessionStorage.removeItem(TOKEN),
};

/** An answer that refuses. */
export class Refusal extends Error {
  constructor(status, body) {
    super(body.detail || firstMessage(body) || `The server answered ${status}.`);
    this.status = status;
    /** Messages by field; those of the request as a whole are under "". */
    this.faults = faults(body);
    this.codes = (body.errors || []).map((error) => error.code);
  }
}

function firstMessage(body) {
  return Object.values(body).flat().find((value) => typeof value === "string");
}

/** Problem details where the server has them, authentik's lists of messages where not. */
function faults(body) {
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

/** Whether numbers that JavaScript would round can be kept as they were sent. */
export const keepsNumbers = typeof JSON.rawJSON === "function";

export function parse(text) {
  return JSON.parse(text, (_key, value, context) => {
    const rounded = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
    return rounded && keepsNumbers && context ? JSON.rawJSON(context.source) : value;
  });
}

/** One call; `body` is sent as it is. Throws a `Refusal`, or an `Error` if there is no answer. */
export async function call(method, path, { headers = {}, body } = {}) {
  const sent = { Accept: "application/problem+json, application/json", ...headers };
  if (token.get()) sent.Authorization = `Bearer ${token.get()}`;
  if (body !== undefined) sent["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(`/api/v3/${path}`, { method, headers: sent, body, cache: "no-store" });
  } catch {
    throw new Error("The server does not answer. Nothing can be said about whether it was saved.");
  }
  const text = await response.text();
  let value = null;
  try {
    value = text ? parse(text) : null;
  } catch {
    value = { detail: `The server answered ${response.status}, and what it said can't be read.` };
  }
  if (!response.ok) throw new Refusal(response.status, value || {});
  return { value, etag: response.headers.get("ETag") };
}
