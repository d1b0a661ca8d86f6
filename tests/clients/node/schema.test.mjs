// The served schema of release 2026.8 equals the one from which the client is generated, for every served operation.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { parse } from "yaml";

import { is2026 } from "./common.mjs";

/** The server's own additions and replacements; see `openapi::schema`. */
const OVERLAY = "x-userbook-overlay";
const PUBLISHED = "x-userbook-published";
/** Texts, and defaults of OpenAPI. */
const TEXTS = new Set(["description", "summary", "operationId", "tags", "security", "title"]);

function withoutOverlay(value) {
  if (Array.isArray(value)) {
    return value.filter((item) => !item?.[OVERLAY]).map(withoutOverlay);
  }
  if (value === null || typeof value !== "object") {
    return value;
  }
  if (PUBLISHED in value) {
    return value[PUBLISHED];
  }
  const kept = Object.entries(value).filter(([, member]) => !member?.[OVERLAY]);
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutOverlay(member)]));
}

/** Removes texts and defaults, replaces references to parameters and responses, and sorts what is a set. */
function canonical(value, document) {
  if (Array.isArray(value)) {
    const items = value.map((item) => canonical(item, document));
    const named = items.every((item) => item?.in);
    return named ? items.sort((a, b) => (a.name < b.name ? -1 : 1)) : items;
  }
  if (value === null || typeof value !== "object") {
    return value;
  }
  const [, part, name] = /^#\/components\/(parameters|responses)\/(.*)$/.exec(value.$ref ?? "") ?? [];
  if (part) {
    return canonical(document.components[part][name], document);
  }
  const members = Object.entries(value).filter(([name, member]) => {
    const isText = TEXTS.has(name) && (typeof member === "string" || Array.isArray(member));
    return !isText && !(name === "required" && member === false);
  });
  const isSet = (name, member) => ["required", "enum"].includes(name) && Array.isArray(member);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [
    name, isSet(name, member) ? [...member].sort() : canonical(member, document),
  ]));
}

test("the served schema is that of the client", { skip: !is2026 }, async () => {
  const source = parse(await readFile(new URL("node_modules/authentik-2026.8/schema.yml", import.meta.url), "utf8"));
  const response = await fetch(`${process.env.USERBOOK_ORIGIN}/api/v3/schema/`);
  const served = withoutOverlay(await response.json());
  let operations = 0;
  for (const [path, methods] of Object.entries(served.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const expected = canonical(source.paths[path][method], source);
      assert.deepEqual(canonical(operation, served), expected, `${method} ${path}`);
      operations += 1;
    }
  }
  assert.ok(operations > 20, `${operations} operations were compared`);
  for (const [name, shape] of Object.entries(served.components.schemas)) {
    assert.deepEqual(canonical(shape, served), canonical(source.components.schemas[name], source), name);
  }
});
