//! Static files: embedded, named by their content, kept by browsers for a year.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse};

use crate::web::call;
use crate::web::render::assets;

/// Answers with the file of that exact name.
pub async fn get(request: HttpRequest) -> HttpResponse {
    let path = request.path();
    let root = call::state(&request).map(|web| web.root().to_owned()).unwrap_or_default();
    let Some(asset) = path.strip_prefix(root.as_str()).and_then(assets::find) else {
        return HttpResponse::NotFound().finish();
    };
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, asset.content_type))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(asset.bytes)
}
