// Tables of differences between versions of a user.

export const NAMES = {
  username: "User name",
  name: "Name",
  email: "E-mail address",
  is_active: "Active",
  last_login: "Last login",
  type: "Type",
  path: "Path",
  groups: "Groups",
  attributes: "Attributes",
};

/** Returns a value as text. */
export function shown(value) {
  if (value === null || value === undefined) return "none";
  if (value === true) return "yes";
  if (value === false) return "no";
  if (value === "") return "(empty)";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Builds a table with these headings; each row contains a field and a text for each further heading. */
export function table(headings, rows) {
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const heading of headings) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = heading;
    head.append(cell);
  }
  const body = table.createTBody();
  for (const { field, cells } of rows) {
    const row = body.insertRow();
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = NAMES[field] || field;
    row.append(name);
    cells.forEach(({ text, kind }, index) => {
      const cell = row.insertCell();
      cell.dataset.heading = headings[index + 1];
      cell.textContent = text;
      if (kind) cell.className = kind;
    });
  }
  return table;
}

/** Returns the rows of a dry run's diff. */
export function diffRows(diff) {
  return Object.entries(diff).map(([field, change]) => {
    const names = (groups) => groups.map((group) => group.name).join("\n");
    if ("added" in change) {
      const removed = change.removed.length ? `leaves:\n${names(change.removed)}` : "";
      const added = change.added.length ? `joins:\n${names(change.added)}` : "";
      return { field, cells: [{ text: removed, kind: "old" }, { text: added, kind: "new" }] };
    }
    return { field, cells: [{ text: shown(change.old), kind: "old" }, { text: shown(change.new), kind: "new" }] };
  });
}
