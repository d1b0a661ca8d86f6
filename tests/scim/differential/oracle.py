"""Applies PATCHes with scim2-models, which reads RFC 7643 and RFC 7644 strictly."""

from pydantic import ValidationError
from scim2_models import Context, EnterpriseUser, PatchOp, SCIMException, User

Resource = User[EnterpriseUser]
SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def scim_type(error):
    """Returns the `scimType` that the model reports; None if it reports none."""
    for detail in error.errors():
        if detail["type"].startswith("scim_"):
            return detail["type"].removeprefix("scim_")
    return None


def apply(before, operations):
    """Returns {"resource": …} or {"error": scimType or None}."""
    resource = Resource.model_validate(before)
    try:
        patch = PatchOp[Resource].model_validate(
            {"schemas": [SCHEMA], "Operations": operations}, scim_ctx=Context.RESOURCE_PATCH_REQUEST
        )
        patch.patch(resource)
    except SCIMException as error:
        return {"error": error.scim_type}
    except ValidationError as error:
        return {"error": scim_type(error)}
    return {"resource": resource.model_dump(scim_ctx=Context.DEFAULT)}
