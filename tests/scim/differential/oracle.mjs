// Applies PATCHes with scim-patch: one JSON document for each line of standard input, one result for each line of output.
import { createInterface } from "node:readline";
import { patchBodyValidation, scimPatch } from "scim-patch";

const schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
for await (const line of createInterface({ input: process.stdin })) {
  const { before, operations } = JSON.parse(line);
  let result;
  try {
    patchBodyValidation({ schemas, Operations: operations });
    result = { resource: scimPatch(before, operations) };
  } catch (error) {
    result = { error: error.constructor.name };
  }
  process.stdout.write(JSON.stringify(result) + "\n");
}
