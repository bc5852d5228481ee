//! The hosted pages, driven as a browser would: requests through the edge, cookies kept, forms sent back.

mod browser;
mod consent;
mod cookies;
mod forms;
mod home;
mod login;
mod logout;
mod password;
mod requests;
mod road;
mod site;

use browser::{Browser, Page};
use site::{CLIENT, PASSWORD, REDIRECT, Site, authorize, authorize_with};
