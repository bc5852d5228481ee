//! `/dev/mail`: the mailbox of `serve --dev`. Without it, 404.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use crate::gateways::mail::{Kept, Mailbox};
use crate::web::call::{self, Call};
use crate::web::render::{DevMailListPage, DevMailPage, ErrorKind, MailLine, Stamp};
use crate::web::respond::{error_page, html, no_call_page};

/// All mails, newest first.
pub async fn list(request: HttpRequest) -> HttpResponse {
    let (call, mailbox) = match open(&request).await {
        Ok(open) => open,
        Err(refusal) => return refusal,
    };
    let mails = mailbox.all().iter().map(|kept| line(&call, kept)).collect();
    let shown = DevMailListPage { page: call.page(&request, None), mails };
    html(StatusCode::OK, &shown.page, shown.render(), &[])
}

/// One mail.
pub async fn one(request: HttpRequest) -> HttpResponse {
    let (call, mailbox) = match open(&request).await {
        Ok(open) => open,
        Err(refusal) => return refusal,
    };
    let id = request.match_info().get("id").and_then(|id| id.parse().ok());
    let Some(kept) = id.and_then(|id| mailbox.find(id)) else {
        return error_page(&call, &request, ErrorKind::NotFound, None);
    };
    let shown = DevMailPage {
        page: call.page(&request, None),
        list: format!("{}/dev/mail", call.web.root()),
        mail: line(&call, &kept),
        from: kept.mail.from,
        text: kept.mail.text,
    };
    html(StatusCode::OK, &shown.page, shown.render(), &[])
}

async fn open(request: &HttpRequest) -> Result<(Call, Arc<Mailbox>), HttpResponse> {
    let web = call::state(request).map_err(|no_call| no_call_page(&no_call, request))?;
    let mailbox = web.mailbox.clone().filter(|_| web.dev);
    let mailbox = mailbox.ok_or_else(|| HttpResponse::new(StatusCode::NOT_FOUND))?;
    let call = Call::open(request).await.map_err(|no_call| no_call_page(&no_call, request))?;
    Ok((call, mailbox))
}

fn line(call: &Call, kept: &Kept) -> MailLine {
    MailLine {
        href: format!("{}/dev/mail/{}", call.web.root(), kept.id),
        to: kept.mail.to.clone(),
        subject: kept.mail.subject.clone(),
        at: Stamp::from(kept.at),
    }
}
