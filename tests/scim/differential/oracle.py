"""Applies PATCHes with scim2-models, which reads RFC 7643 and RFC 7644 strictly."""

from pydantic import ValidationError
from scim2_models import Context, Extension, PatchOp, Resource, Schema, SCIMException

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Oracle:
    def __init__(self, schemas):
        """Takes the schemas of the provider: the one of users, and those of extensions."""
        core, *extensions = [Schema.model_validate(schema) for schema in schemas]
        user = Resource.from_schema(core)
        for extension in extensions:
            user = user[Extension.from_schema(extension)]
        self.user, self.patch = user, PatchOp[user]

    def apply(self, before, operations):
        """Returns {"resource": …} or {"error": scimType or None}."""
        resource = self.user.model_validate(before)
        body = {"schemas": [PATCH], "Operations": operations}
        try:
            patch = self.patch.model_validate(body, scim_ctx=Context.RESOURCE_PATCH_REQUEST)
            patch.patch(resource)
        except SCIMException as error:
            return {"error": error.scim_type}
        except ValidationError as error:
            return {"error": scim_type(error)}
        return {"resource": resource.model_dump(scim_ctx=Context.DEFAULT)}


def scim_type(error):
    """Returns the `scimType` that the model reports; None if it reports none."""
    for detail in error.errors():
        if detail["type"].startswith("scim_"):
            return detail["type"].removeprefix("scim_")
    return None
