"""Why the result of a PATCH may differ from the result of an oracle. Each reason explains one part of a resource."""

import json

DERIVED = "name: components without a value follow from displayName (givenName, familyName) or repeat it (formatted)"
ADDRESS = "emails: an address without a value is removed"
TWICE = "add: values that the request repeats are added once"
ERRORS = "both reject, and report another error: values are read before operations are applied"
PATH_FIRST = "both reject; of two faults of one operation, that of the path is reported"
EMPTY = "an element that loses its last sub-attribute is removed before the next operation"
CHECKED = "a value of another type is an error, even if the target does not exist"
LIST = "an object without members is no list"
NULL = "null as value of an extension removes the extension"
# Of scim-patch alone:
BOTH = "both reject; scim-patch has no keywords of RFC 7644 §3.12"
UNCHECKED = "scim-patch does not check types, names and mutability"
CREATED = "scim-patch creates a value that the filter of the path describes"
UNMATCHED = "scim-patch rejects removals of values that do not exist, and additions of single values to selected ones"
SPELLED = "scim-patch takes names, extensions and sub-attributes as they are spelled, and replaces complex values as a whole"


def words(value):
    """Returns the texts of a value, to compare lists whose elements an oracle repeats."""
    return {json.dumps(item, sort_keys=True).lower() for item in value or []}


def of_attribute(name, ours, theirs):
    """Returns the reason why an attribute differs; None if there is no reason."""
    if name == "name":
        derived = {"givenName", "familyName", "formatted"}
        differ = {part for part in {**ours, **(theirs or {})} if ours.get(part) != (theirs or {}).get(part)}
        return DERIVED if differ <= derived and all(part not in (theirs or {}) for part in differ) else None
    if name == "emails" and ours == ([item for item in theirs or [] if "value" in item] or None):
        return ADDRESS
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) < len(theirs) and words(ours) == words(theirs):
        return TWICE
    if isinstance(theirs, list) and len(ours or []) < len(theirs) and words(ours) < words(theirs):
        return EMPTY
    return None


def of_error(operations, ours, theirs):
    """Returns the reason why only one of the two reports an error."""
    writes = [operation for operation in operations if operation["op"] != "remove"]
    if ours.get("error") == "invalidValue":
        if any(operation["value"] == {} for operation in writes):
            return LIST
        return CHECKED if any("." in operation.get("path", "") for operation in writes) else None
    if theirs.get("error") == "invalidValue":
        nulls = [operation for operation in writes if operation["value"] is None]
        return NULL if any(operation.get("path", "").endswith(":User") for operation in nulls) else None
    return None


def strict(before, operations, ours, theirs):
    """Returns the reasons for a difference from scim2-models; None if there is a difference without a reason."""
    if "error" in ours and "error" in theirs:
        if len(operations) > 1 or ours["error"] == "invalidValue":
            return ERRORS
        no_value = theirs["error"] == "invalidValue" and operations[0].get("value") is None
        return PATH_FIRST if no_value and ours["error"] in ("invalidFilter", "invalidPath") else None
    if "error" in ours or "error" in theirs:
        return of_error(operations, ours, theirs)
    ours, theirs = ours["resource"], theirs["resource"]
    differ = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
    reasons = {of_attribute(name, ours.get(name), theirs.get(name)) for name in differ}
    return None if None in reasons else "; ".join(sorted(reasons))


def scim_patch(before, operations, ours, theirs, by_models):
    """Returns the reason for a difference from scim-patch, which knows no schema. None if there is no reason: scim2-models
    must give the result of the provider, or differ for a reason."""
    if "error" in ours and "error" in theirs:
        return BOTH
    if ours != by_models and strict(before, operations, ours, by_models) is None:
        return None
    if "error" in ours:
        return CREATED if ours["error"] == "noTarget" else UNCHECKED
    if "error" in theirs:
        return UNMATCHED if any("[" in operation.get("path", "") for operation in operations) else UNCHECKED
    return SPELLED
