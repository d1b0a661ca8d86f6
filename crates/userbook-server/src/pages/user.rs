//! The user page: find, create, edit, deactivate and delete users, see violations beside the fields, and review changes
//! before saving; list, create and delete groups.

use axum::{Router, routing::get};
use userbook_http::{Extension, ExtensionSet};

use super::{SAME_ORIGIN, file};

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// The page's files, served below `/pages/`.
const FILES: [(&str, &str, &str); 13] = [
    ("style.css", STYLE, include_str!("user/style.css")),
    ("main.js", SCRIPT, include_str!("user/main.js")),
    ("api.js", SCRIPT, include_str!("user/api.js")),
    ("find.js", SCRIPT, include_str!("user/find.js")),
    ("create.js", SCRIPT, include_str!("user/create.js")),
    ("directory.js", SCRIPT, include_str!("user/directory.js")),
    ("lineage.js", SCRIPT, include_str!("user/lineage.js")),
    ("managed.js", SCRIPT, include_str!("user/managed.js")),
    ("remove.js", SCRIPT, include_str!("user/remove.js")),
    ("edit.js", SCRIPT, include_str!("user/edit.js")),
    ("form.js", SCRIPT, include_str!("user/form.js")),
    ("groups.js", SCRIPT, include_str!("user/groups.js")),
    ("table.js", SCRIPT, include_str!("user/table.js")),
];

pub(super) fn router(extensions: ExtensionSet) -> Router {
    // Without the extension, a dry-run request would fail; the page has to know.
    let dry_run = if extensions.contains(Extension::DryRun) { "true" } else { "false" };
    let page = include_str!("user/index.html").replace("{{dry_run}}", dry_run);
    let page = get(async move || file(HTML, SAME_ORIGIN, page.clone()));
    FILES.into_iter().fold(Router::new().route("/", page), |router, (name, media_type, text)| {
        router.route(&format!("/pages/{name}"), get(async move || file(media_type, SAME_ORIGIN, text)))
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use axum::{
        body::{Body, to_bytes},
        http::{Request, StatusCode},
    };
    use tower_service::Service;

    use super::*;

    async fn get(extensions: ExtensionSet, path: &str) -> (StatusCode, String) {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = router(extensions).call(request).await.unwrap();
        assert_eq!(response.headers()["content-security-policy"], SAME_ORIGIN, "{path}");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn page_uses_dry_runs_if_the_api_supports_them() {
        for (extensions, expected) in [(ExtensionSet::all(), "true"), (ExtensionSet::none(), "false")] {
            let (status, page) = get(extensions, "/").await;
            assert_eq!(status, StatusCode::OK);
            assert!(page.contains(&format!("data-dry-run=\"{expected}\"")));
        }
    }

    #[tokio::test]
    async fn every_file_is_served_and_names_no_other_origin() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages/user");
        let there =
            std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
        let served = FILES.iter().map(|(name, ..)| (*name).to_owned()).chain(["index.html".to_owned()]);
        assert_eq!(there.collect::<BTreeSet<_>>(), served.collect());
        for (name, _, text) in FILES {
            let (status, body) = get(ExtensionSet::all(), &format!("/pages/{name}")).await;
            assert_eq!((status, body.as_str()), (StatusCode::OK, text));
            assert!(!body.contains("://"), "{name} names another origin");
        }
    }
}
