//! PATCH of a user, as operations of the core.

use userbook::{User, update::FieldOps};

use super::{Patch, apply};
use crate::{
    error::ScimError,
    resource::{Basis, Form, NAME_BASIS, Target, field_ops},
    schema::Attribute,
};

/// Returns what the operations change in a stored user. Only the attributes that they touch are converted.
pub(crate) fn resolve(patch: &Patch, form: &Form<'_>, user: &User) -> Result<FieldOps, ScimError> {
    // The components of the name depend on two further attributes.
    let with_name = touches(patch, None, "name");
    let before = form.writable_part(user, |extension, attribute: &Attribute| {
        let name = attribute.name.as_ref();
        let is_basis = extension.is_none() && NAME_BASIS.contains(&name);
        touches(patch, extension, name) || with_name && is_basis
    });
    let mut after = before.clone();
    apply(patch, &mut after)?;
    field_ops(form, Basis::stored(user, false), &before, &after)
}

/// Returns whether applying the operations reads or writes an attribute of the core schema or of this extension.
fn touches(patch: &Patch, extension: Option<&str>, attribute: &str) -> bool {
    patch.steps.iter().any(|step| match &step.target {
        Target::Extension(urn) => extension == Some(urn),
        Target::Place(place) => place.extension.as_deref() == extension && place.attribute.name == attribute,
    })
}
