//! The table of contents: every path and the handler behind it.

use actix_web::Route;
use actix_web::guard::{Any, Get, Head};
use actix_web::web::{ServiceConfig, get, method, post, resource, route, scope};

use super::oauth::{authorize, introspect, metadata, preflight, revoke, token, userinfo};
use super::pages::{assets, choose, consent, dev_mail, home, login, logout, password, playground, reset};

/// Adds every route below `root`, the path of `public_url`.
pub fn configure(config: &mut ServiceConfig, root: &str) {
    let at = |path: &str| format!("{root}{path}");
    config
        .service(resource(at("/static/{name}")).route(look().to(assets::get)))
        .service(
            resource(at("/playground")).route(get().to(playground::form)).route(post().to(playground::start)),
        )
        .service(resource(at("/playground/callback")).route(get().to(playground::callback)))
        .service(
            resource(at("/playground/result"))
                .route(get().to(playground::result))
                .route(post().to(playground::tool)),
        )
        .service(resource(at("/dev/mail")).route(get().to(dev_mail::list)))
        .service(resource(at("/dev/mail/{id}")).route(get().to(dev_mail::one)))
        .service(scope(&at("/t/{slug}")).configure(issuer));
    // RFC 8414 §3.1 puts the well-known part before the issuer's path, all of it.
    for name in ["oauth-authorization-server", "openid-configuration"] {
        let before = format!("/.well-known/{name}{root}");
        config.service(resource(format!("{before}/t/{{slug}}")).route(look().to(metadata::discovery)));
        if !root.is_empty() {
            config.service(resource(before).route(look().to(metadata::discovery)));
        }
    }
    if root.is_empty() {
        config.configure(issuer);
    } else {
        config.service(scope(root).configure(issuer));
    }
}

/// GET, and HEAD as everywhere where there is GET (RFC 9110 §9.1), for documents that caches keep.
fn look() -> Route {
    route().guard(Any(Get()).or(Head()))
}

/// What stands below every issuer.
fn issuer(config: &mut ServiceConfig) {
    let options = || method(actix_web::http::Method::OPTIONS).to(preflight::options);
    config
        .service(resource("/.well-known/openid-configuration").route(look().to(metadata::discovery)))
        .service(resource("/.well-known/oauth-authorization-server").route(look().to(metadata::discovery)))
        .service(resource("/jwks").route(look().to(metadata::jwks)))
        .service(resource("/authorize").route(get().to(authorize::get)).route(post().to(authorize::post)))
        .service(resource("/token").route(post().to(token::post)).route(options()))
        .service(
            resource("/userinfo")
                .route(get().to(userinfo::get))
                .route(post().to(userinfo::post))
                .route(options()),
        )
        .service(resource("/introspect").route(post().to(introspect::post)))
        .service(resource("/revoke").route(post().to(revoke::post)).route(options()))
        .configure(pages);
}

/// The hosted pages.
fn pages(config: &mut ServiceConfig) {
    config
        .service(resource(["", "/"]).route(get().to(home::get)))
        .service(resource("/login").route(get().to(login::get)).route(post().to(login::post)))
        .service(resource("/login/account").route(get().to(choose::get)).route(post().to(choose::post)))
        .service(resource("/login/password").route(get().to(password::get)).route(post().to(password::post)))
        .service(resource("/consent").route(get().to(consent::get)).route(post().to(consent::post)))
        .service(resource("/logout").route(get().to(logout::get)).route(post().to(logout::post)))
        .service(resource("/reset").route(get().to(reset::get)).route(post().to(reset::post)))
        .service(resource("/account").route(get().to(home::account)))
        .service(resource("/.well-known/change-password").route(get().to(home::change_password)));
}
