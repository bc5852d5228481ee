# English. The other files say the same things with the same variables; a test compares them.
# $app, $name, $tenant, $host, $title are names put in as they are; $count is a number.

# Everywhere
language-menu = Language
continue = Continue
cancel = Cancel
back-to = Back to { $name }
show-password = Show
show-password-label = Show password
hide-password = Hide
hide-password-label = Hide password
error-prefix = Error: { $title }
signed-in-as = You are signed in as { $name }
sign-out = Sign out
wait-seconds = { $count ->
    [one] Wait { $count } second, then try again.
   *[other] Wait { $count } seconds, then try again.
}
wait-minutes = { $count ->
    [one] Wait { $count } minute, then try again.
   *[other] Wait { $count } minutes, then try again.
}

# Sign in
login-title = Sign in
login-title-app = Sign in to { $app }
login-title-again = Confirm it’s you
login-lead = Use your { $tenant } account.
login-lead-again = { $app } asks you to sign in again before you go on.
login-username = Email or username
login-username-missing = Enter your email address or username.
login-password = Password
login-password-missing = Enter your password.
login-submit = Sign in
login-forgot = Forgot your password?
login-signup = Create an account
login-wrong = That username and password don’t belong together. Check both and try again.
login-too-many = There were too many tries to sign in.
login-unavailable = We can’t check your password at the moment. Nothing is wrong with it: wait a minute, then try again.
login-stale = This page had been open for too long. It is fresh now: please sign in again.

# Consent
consent-title = Allow { $app } to use your account?
consent-what = { $app } will be able to
consent-how-long = For how long
consent-session = Until you sign out
consent-days = { $count ->
    [one] For { $count } day, or until you take it back
   *[other] For { $count } days, or until you take it back
}
consent-until-revoked = Until you take it back
consent-where-next = Where you go next
consent-allow = Allow
consent-deny = Don’t allow
consent-policy = Its privacy policy
consent-terms = Its terms of use
scope-openid = Know who you are
scope-openid-detail = An identifier for you, and when you signed in.
scope-profile = See your profile
scope-profile-detail = Your name, picture, language and time zone.
scope-email = See your email address
scope-email-detail = The address, and whether it is verified.
scope-address = See your postal address
scope-address-detail = Street, town, region and country.
scope-phone = See your phone number
scope-phone-detail = The number, and whether it is verified.
scope-offline = Stay connected while you are away
scope-offline-detail = Use these permissions when you are not there, without asking again.
scope-other-detail = A permission that the application names this way.

# Sign out
logout-title = Sign out?
logout-asked-by = { $app } asked to sign you out.
logout-effect = You will need to sign in again for the applications that use this account in this browser.
logout-stay = Stay signed in
logged-out-title = You are signed out
logged-out-text = You can close this window.
sign-in-again = Sign in again

# Accounts
choose-title = Choose an account
choose-lead = to go on to { $app }
choose-other = Use another account
home-title = You are signed in
home-playground = Open the playground
welcome-title = Welcome
welcome-text = Sign in to see your account.

# New password
password-title = Set a new password
password-lead-required = The old password for { $name } can’t be used any more. Set a new one to go on.
password-lead-forgotten = Choose a new password for { $name }.
password-new = New password
password-rule = { $count ->
    [one] At least { $count } character. A few words that belong to no saying are easy to remember and hard to guess.
   *[other] At least { $count } characters. A few words that belong to no saying are easy to remember and hard to guess.
}
password-save = Save and go on
password-missing = Enter a new password.
password-short = This password is too short.
password-long = This password is too long.
password-common = Many people use this password, or it is known from a leak. Choose another one.
password-same = This is the old password. Choose another one.
recover-title = Recover your access
recover-lead = This link lets { $name } into the administration once more. Set a new password to use it.

# Errors
error-home = Go to the start page
error-details = Details for developers
error-operation = Operation number
error-tell-app = Go back to the application and try again. If this happens again, tell the people who run it and give them the operation number below.
error-start-again = Go back to the application and start again.
error-ask-admin = If you think that is a mistake, ask your administrator and give them the operation number below.
error-later = Please try again in a moment. Your account and your data are safe.
error-request = This request can’t be used
error-request-what = The application that sent you here asked in a way that we can’t answer.
error-client = We don’t know this application
error-client-what = The application that sent you here is not registered with us, or was switched off.
error-redirect = We can’t send you back there
error-redirect-what = The application asked us to send you to an address that it has not registered. To keep your account safe we stopped here.
error-flow = This sign-in is over
error-flow-what = It was left open for too long, or it was finished before.
error-browser = This sign-in began somewhere else
error-browser-what = It was started in another browser, or this browser doesn’t keep our cookies.
error-browser-next = Allow cookies for this site, then go back to the application and start again.
error-form = This page was out of date
error-form-what = We could not be sure that the form came from you, so nothing was changed.
error-form-next = Go back, load the page again and repeat the last step.
error-link = This link no longer works
error-link-what = It was used before, replaced by a newer one, or is too old.
error-link-next = Ask for a new link. If you have several, only the newest works.
error-account = You can’t use this account now
error-account-what = Your password is right, but this account is stopped.
error-forbidden = You can’t open this page
error-forbidden-what = Your account doesn’t have the right to see it.
error-not-found = There is nothing here
error-not-found-what = The address may be mistyped, or the page has moved.
error-not-found-next = Check the address, or begin at the start page.
error-too-many = That was too fast
error-too-many-what = More requests came from your network than we allow in a short time.
error-too-many-next = Take a short break.
error-unavailable = We’ll be right back
error-unavailable-what = Something that we need isn’t answering at the moment.
error-internal = Something went wrong here
error-internal-what = It was our fault, not yours. It has been written down and will be looked at.
error-internal-next = Please try again. If it happens again, tell us the operation number below.

# Form post
form-post-title = Taking you back
form-post-text = You are on your way to { $host }. If nothing happens, press the button.

# Mailbox of the development server
mail-title = Mailbox
mail-lead = Mails that this development server would have sent.
mail-empty = No mail yet. Whatever Portico sends arrives here.
mail-back = All mails
mail-from = From
mail-to = To
mail-at = Written

# Playground
playground-title = Playground
playground-lead = Run a real sign-in and look at each step: what is asked, what is answered, and what stands in the tokens.
playground-issuer = Issuer
playground-issuer-hint = Everything else is found from here.
playground-client = Client
playground-secret-own = My client has a secret
playground-secret = Client secret
playground-secret-hint = It is never shown here again.
playground-secret-body = Send it in the body (client_secret_post), not in the header
playground-scope = Scope
playground-scope-hint = Words with spaces between them; openid is needed for an ID token.
playground-start = Start the sign-in
playground-redirect = For a client of your own, register this redirect URI:
playground-done = The sign-in worked
playground-subject = The person who signed in has the identifier { $name }.
playground-restart = Start over
playground-next = Try with these tokens
playground-tokens = Tokens
playground-steps = Steps
playground-sent = What was sent
playground-checked = What was checked
playground-answer = What came back
playground-header = Header
playground-raw = As sent
playground-failed = The sign-in did not work
playground-failed-text = The provider answered with an error. This is what an application is told.
playground-failed-own = The application stopped here, because something did not fit.
playground-error = Error
playground-description = Description
playground-at = At the step
playground-again = Try again
playground-problem-form = This form was too old or not made for this browser. Try again.
playground-problem-issuer = The playground talks to this server only: the issuer is { $name } or one of its tenants.
playground-problem-client = Enter the client’s identifier.
playground-problem-public = Introspection is for clients with a secret. This one is public and has nothing to prove itself with; try it with a client of your own.
playground-problem-tool = These tokens cannot do that.
tool-userinfo = Userinfo
tool-refresh = Refresh
tool-introspect = Introspect
tool-revoke = Revoke
step-discovery = Discovery
step-discovery-note = The application reads where everything is.
step-keys = Keys
step-keys-note = The application reads the public keys that will tell a real signature from a forged one.
step-authorize = Authorization request
step-authorize-note = The browser is sent to sign in, with a fresh state, nonce and PKCE challenge.
step-callback = Authorization response
step-callback-note = The browser comes back with a code; state and issuer are compared.
step-token = Token request
step-token-note = The code and the PKCE verifier become tokens, server to server.
step-verify = ID token check
step-verify-note = The signature, the times and everything listed here fit, so the application may believe it.
step-userinfo = Userinfo request
step-userinfo-note = The access token opens the facts that its scope allows.
step-refresh = Refresh
step-refresh-note = The refresh token becomes new tokens; the old one is used up.
step-introspect = Introspection
step-introspect-note = An API asks whether a token is alive and what it may do.
step-revoke = Revocation
step-revoke-note = The token and what came from it end now.
token-id = ID token
token-id-note = Tells the application who signed in, when and how. It opens nothing.
token-access = Access token
token-access-note = Opens an API for a short time.
token-refresh = Refresh token
token-refresh-note = Gets new tokens without a new sign-in. Nobody but the provider can read it.
claim-iss = Who issued the token
claim-sub = Whom it is about
claim-aud = Whom it is for
claim-exp = Valid until
claim-iat = Issued
claim-nbf = Valid from
claim-jti = This token’s own number
claim-auth-time = When the person last proved who they are
claim-nonce = Ties the token to the request
claim-acr = How strongly they proved it
claim-amr = By which means
claim-client = The application it was issued to
claim-hash = Ties the token to another value of the response
claim-sid = The session, for signing out everywhere
claim-scope = What it allows
claim-name = The person’s name
claim-email = Their email address
claim-email-verified = Whether the address is verified
claim-username = The name they go by
claim-updated = When these facts last changed
moment-now = just now
in-seconds = { $count ->
    [one] in { $count } second
   *[other] in { $count } seconds
}
in-minutes = { $count ->
    [one] in { $count } minute
   *[other] in { $count } minutes
}
in-hours = { $count ->
    [one] in { $count } hour
   *[other] in { $count } hours
}
in-days = { $count ->
    [one] in { $count } day
   *[other] in { $count } days
}
ago-seconds = { $count ->
    [one] { $count } second ago
   *[other] { $count } seconds ago
}
ago-minutes = { $count ->
    [one] { $count } minute ago
   *[other] { $count } minutes ago
}
ago-hours = { $count ->
    [one] { $count } hour ago
   *[other] { $count } hours ago
}
ago-days = { $count ->
    [one] { $count } day ago
   *[other] { $count } days ago
}
