// The whole code flow as a certified relying party runs it: openid-client against the running binary,
// for the default tenant and another one, on every database, for every way a client may prove itself.
import './lib/compat.mjs';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as jose from 'jose';
import * as oidc from 'openid-client';
import { PlainBrowser } from './lib/plain_browser.mjs';
import { DATABASES, PASSWORD, Portico } from './lib/portico.mjs';

const CALLBACK = 'https://rp.example/callback';
const AFTER_LOGOUT = 'https://rp.example/goodbye';
const LOOPBACK = 'http://127.0.0.1/callback';
const SCOPE = 'openid profile email offline_access';
const GRANTS = ['authorization_code', 'refresh_token'];
const TEST = { timeout: 120_000 };

/** The kinds of client: how each is registered and how it proves itself at the token endpoint. */
const CLIENTS = {
  client_secret_basic: {
    options: { type: 'web', 'redirect-uri': CALLBACK, 'auth-method': 'client_secret_basic' },
    proof: (secret) => oidc.ClientSecretBasic(secret),
    callback: CALLBACK,
  },
  client_secret_post: {
    options: { type: 'web', 'redirect-uri': CALLBACK, 'auth-method': 'client_secret_post' },
    proof: (secret) => oidc.ClientSecretPost(secret),
    callback: CALLBACK,
  },
  'public single-page application': {
    options: { type: 'spa', 'redirect-uri': CALLBACK },
    proof: () => oidc.None(),
    callback: CALLBACK,
  },
  // RFC 8252 §7.3: a native application listens on whatever port is free.
  'public native application': {
    options: { type: 'native', 'redirect-uri': LOOPBACK },
    proof: () => oidc.None(),
    callback: 'http://127.0.0.1:51004/callback',
  },
};

for (const database of DATABASES) {
  describe(`code flow on ${database}`, () => {
    let portico;
    before(async () => {
      portico = await Portico.start(database);
      await portico.createTenant('acme', 'Acme');
    }, TEST);
    after(() => portico?.stop(), TEST);

    for (const tenant of [undefined, 'acme']) {
      for (const kind of Object.keys(CLIENTS)) {
        test(`${tenant ?? 'default'} tenant, ${kind}`, TEST, () => wholeFlow(portico, tenant, kind));
      }
      test(`${tenant ?? 'default'} tenant, what is refused`, TEST, () => refusals(portico, tenant));
    }

    test('tenants do not know each other', TEST, () => strangers(portico));
    test('client_credentials', TEST, () => clientCredentials(portico));
  });
}

/** A registered client, a person, and openid-client configured by discovery. */
async function party(portico, tenant, kind) {
  const { options, proof, callback } = CLIENTS[kind];
  const registered = await portico.createClient(
    {
      name: `Test ${kind}`,
      ...options,
      'post-logout-redirect-uri': AFTER_LOGOUT,
      grant: GRANTS,
      scope: SCOPE.split(' '),
    },
    { tenant },
  );
  const email = `ada.${Math.random().toString(36).slice(2)}@example.com`;
  const user = await portico.createUser(email, { tenant });
  assert.equal(user.email, email);
  const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks];
  const config = await oidc.discovery(
    new URL(portico.issuer(tenant)),
    registered.client_id,
    registered.client_secret,
    proof(registered.client_secret),
    { execute },
  );
  assert.equal(config.serverMetadata().issuer, portico.issuer(tenant));
  return {
    registered,
    email,
    config,
    callback,
    confidential: Boolean(registered.client_secret),
    native: options.type === 'native',
    browser: new PlainBrowser({ callback: [callback, AFTER_LOGOUT] }),
  };
}

/** An authorization request with everything a careful client sends. */
async function begin({ config, callback }, extra = {}) {
  const verifier = oidc.randomPKCECodeVerifier();
  const checks = {
    pkceCodeVerifier: verifier,
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
    idTokenExpected: true,
  };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: SCOPE,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...extra,
  });
  return { url, checks };
}

/** Walks the hosted pages to the application's callback. */
async function walk(me, url) {
  const login = await me.browser.open(url.href);
  assert.equal(login.status, 200);
  assert.match(login.headers.get('cache-control') ?? '', /no-store/);
  let page = await me.browser.signIn(login, me.email, PASSWORD);
  if (!page.callback) {
    assert.ok(page.offers('decision', 'allow') && page.offers('decision', 'deny'), `not the consent page: ${page.text}`);
    assert.ok(page.text.includes(new URL(me.callback).hostname), 'consent says where the browser goes next');
    page = await me.browser.submit(page, { decision: 'allow' });
  }
  assert.ok(page.callback, `no way to the application: ${page.status} ${page.text}`);
  return page.callback;
}

/** S0-4, S0-45, S2-6, S2-7, S2-36, S2-37, S2-40: sign in, consent, code, tokens, and their whole life. */
async function wholeFlow(portico, tenant, kind) {
  const me = await party(portico, tenant, kind);
  const { config } = me;
  const { url, checks } = await begin(me, { prompt: 'consent' });
  const callback = await walk(me, url);
  assert.equal(callback.searchParams.get('iss'), portico.issuer(tenant), 'A-019, RFC 9207');

  const tokens = await oidc.authorizationCodeGrant(config, callback, checks);
  const claims = tokens.claims();
  assert.equal(claims.iss, portico.issuer(tenant));
  assert.ok(claims.sub && claims.auth_time > 0, 'sub and auth_time');
  assert.ok(Math.abs(claims.auth_time - Date.now() / 1000) < 60);
  assert.ok(tokens.refresh_token, 'a refresh token was asked for and granted');
  await accessTokenIsSound(me, portico.issuer(tenant), tokens.access_token, claims.sub);

  const info = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.equal(info.email, me.email);
  assert.equal(info.email_verified, true);

  await ssoNeedsNoPage(me);
  const renewed = await refresh(me, tokens, claims);
  await inspect(me, renewed);
  await revoke(me, renewed, claims.sub);
  await logout(me, tokens.id_token);
}

/** S1-8, RFC 9068, where the access token is a JWT: typed, signed by a published key, by this issuer. */
async function accessTokenIsSound({ config, registered }, issuer, token, sub) {
  if (token.split('.').length !== 3) return;
  const answer = await fetch(config.serverMetadata().jwks_uri);
  assert.match(answer.headers.get('cache-control') ?? '', /max-age=\d+/);
  const keys = jose.createLocalJWKSet(await answer.json());
  const { payload } = await jose.jwtVerify(token, keys, { issuer, typ: 'at+jwt' });
  assert.equal(payload.client_id, registered.client_id);
  assert.equal(payload.sub, sub);
  assert.ok(payload.jti && payload.aud && payload.exp > payload.iat);
}

/**
 * S2-8: who is signed in and has consented goes straight through, also with `prompt=none`. A public native
 * application, which anybody could pose as, may be asked to show the person a page (RFC 8252 §8.6).
 */
async function ssoNeedsNoPage(me) {
  const { url, checks } = await begin(me, { prompt: 'none', scope: 'openid' });
  const page = await me.browser.open(url.href);
  assert.ok(page.callback, `a page was shown for prompt=none: ${page.text}`);
  const error = page.callback.searchParams.get('error');
  if (me.native && ['consent_required', 'interaction_required'].includes(error)) return;
  assert.equal(error, null, page.callback.href);
  const again = await oidc.authorizationCodeGrant(me.config, page.callback, checks);
  assert.ok(again.id_token);
}

async function refresh({ config }, tokens, claims) {
  const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  assert.ok(renewed.access_token && renewed.access_token !== tokens.access_token);
  assert.ok(renewed.refresh_token && renewed.refresh_token !== tokens.refresh_token, 'S2-38: refresh tokens rotate');
  if (renewed.id_token) {
    assert.equal(renewed.claims().sub, claims.sub);
    assert.equal(renewed.claims().auth_time, claims.auth_time, 'OIDC Core §12.2');
  }
  return renewed;
}

/** S1-26, A-115, RFC 7662: a confidential client reads its own tokens; a public one cannot prove itself and may not. */
async function inspect({ config, confidential, registered }, tokens) {
  if (!confidential) {
    await assert.rejects(oidc.tokenIntrospection(config, tokens.access_token));
    return;
  }
  const access = await oidc.tokenIntrospection(config, tokens.access_token);
  assert.equal(access.active, true);
  assert.equal(access.client_id, registered.client_id);
  assert.ok(access.scope.split(' ').includes('openid'));
  assert.equal((await oidc.tokenIntrospection(config, tokens.refresh_token)).active, true);
  assert.deepEqual(await oidc.tokenIntrospection(config, 'no-such-token'), { active: false });
}

/** S2-39: revoking a refresh token ends its family, access tokens included, at once. */
async function revoke({ config, confidential }, tokens, sub) {
  await oidc.tokenRevocation(config, tokens.refresh_token);
  await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), { error: 'invalid_grant' });
  await assert.rejects(oidc.fetchUserInfo(config, tokens.access_token, sub));
  if (confidential) {
    assert.deepEqual(await oidc.tokenIntrospection(config, tokens.access_token), { active: false });
  }
}

/** A-132, RP-Initiated Logout: with a valid hint the browser comes back with its state, signed out. */
async function logout(me, idToken) {
  const state = oidc.randomState();
  const url = oidc.buildEndSessionUrl(me.config, {
    id_token_hint: idToken,
    post_logout_redirect_uri: AFTER_LOGOUT,
    state,
  });
  let page = await me.browser.open(url.href);
  if (!page.callback) page = await me.browser.submit(page, { decision: 'allow' });
  assert.ok(page.callback, `logout did not lead back: ${page.text}`);
  assert.equal(page.callback.href.split('?')[0], AFTER_LOGOUT);
  assert.equal(page.callback.searchParams.get('state'), state);

  const silent = await begin(me, { prompt: 'none' });
  const refused = await me.browser.open(silent.url.href);
  assert.equal(refused.callback?.searchParams.get('error'), 'login_required');
  assert.equal(refused.callback.searchParams.get('state'), silent.checks.expectedState);
  assert.ok(refused.callback.searchParams.get('iss'));
}

async function refusals(portico, tenant) {
  const me = await party(portico, tenant, 'client_secret_basic');
  const { config } = me;
  const { url, checks } = await begin(me, { prompt: 'consent' });

  // A-023: no PKCE, no code; the answer goes to the application, not to a page.
  const bare = new URL(url);
  bare.searchParams.delete('code_challenge');
  bare.searchParams.delete('code_challenge_method');
  assert.equal((await me.browser.open(bare.href)).callback?.searchParams.get('error'), 'invalid_request');

  // A-001: an address that is not registered gets a page and no redirect.
  const astray = new URL(url);
  astray.searchParams.set('redirect_uri', 'https://rp.example.evil.tld/callback');
  const page = await me.browser.open(astray.href);
  assert.equal(page.status, 400);
  assert.equal(page.headers.get('location'), null);

  const callback = await walk(me, url);

  // A-025: a wrong verifier redeems nothing and does not burn the code.
  const wrong = { ...checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() };
  await assert.rejects(oidc.authorizationCodeGrant(config, callback, wrong), { error: 'invalid_grant' });

  // A-027: the second use of a code ends what the first one issued.
  const tokens = await oidc.authorizationCodeGrant(config, callback, checks);
  assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, true);
  await assert.rejects(oidc.authorizationCodeGrant(config, callback, checks), { error: 'invalid_grant' });
  assert.deepEqual(await oidc.tokenIntrospection(config, tokens.access_token), { active: false });
  await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), { error: 'invalid_grant' });

  // A wrong secret is told in the registered words, with the challenge of RFC 6749 §5.2.
  const token = config.serverMetadata().token_endpoint;
  const refused = await fetch(token, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${encodeURIComponent(me.registered.client_id)}:wrong`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  });
  assert.equal(refused.status, 401);
  assert.match(refused.headers.get('www-authenticate') ?? '', /^Basic/i);
  assert.equal((await refused.json()).error, 'invalid_client');

  // Denied consent is told to the application.
  const again = await begin(me, { prompt: 'consent' });
  const consent = await me.browser.open(again.url.href);
  const denied = await me.browser.submit(consent, { decision: 'deny' });
  assert.equal(denied.callback?.searchParams.get('error'), 'access_denied');
  assert.equal(denied.callback.searchParams.get('state'), again.checks.expectedState);
}

/** A-033: clients, codes and people of one tenant are nobody in another. */
async function strangers(portico) {
  const home = await party(portico, undefined, 'client_secret_basic');
  const { url, checks } = await begin(home, { prompt: 'consent' });
  const callback = await walk(home, url);

  const away = new URL(url);
  away.pathname = `/t/acme${away.pathname}`;
  assert.equal((await home.browser.open(away.href)).status, 400, 'the client is unknown there');

  const acme = await party(portico, 'acme', 'client_secret_basic');
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: callback.searchParams.get('code'),
    redirect_uri: home.callback,
    code_verifier: checks.pkceCodeVerifier,
    client_id: acme.registered.client_id,
  });
  const basic = `${encodeURIComponent(acme.registered.client_id)}:${encodeURIComponent(acme.registered.client_secret)}`;
  const answer = await fetch(acme.config.serverMetadata().token_endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(basic).toString('base64')}` },
    body,
  });
  assert.equal(answer.status, 400);
  assert.equal((await answer.json()).error, 'invalid_grant');

  const tokens = await oidc.authorizationCodeGrant(home.config, callback, checks);
  assert.deepEqual(await oidc.tokenIntrospection(acme.config, tokens.access_token), { active: false });

  // RFC 8414 §3.1 puts the well-known part before the tenant's path, OIDC Discovery behind it: both hold.
  const [before, behind] = await Promise.all(
    ['/.well-known/oauth-authorization-server/t/acme', '/t/acme/.well-known/openid-configuration'].map(
      async (path) => (await fetch(portico.origin + path)).json(),
    ),
  );
  assert.equal(before.issuer, portico.issuer('acme'));
  assert.equal(behind.issuer, portico.issuer('acme'));
  assert.equal(before.token_endpoint, behind.token_endpoint);
}

async function clientCredentials(portico) {
  const registered = await portico.createClient({
    name: 'Nightly report',
    type: 'service',
    grant: 'client_credentials',
    scope: 'reports:read',
  });
  const config = await oidc.discovery(
    new URL(portico.issuer()),
    registered.client_id,
    registered.client_secret,
    oidc.ClientSecretBasic(registered.client_secret),
    { execute: [oidc.allowInsecureRequests] },
  );
  const tokens = await oidc.clientCredentialsGrant(config, { scope: 'reports:read' });
  assert.ok(tokens.access_token);
  assert.equal(tokens.refresh_token, undefined, 'A-037');
  await assert.rejects(oidc.clientCredentialsGrant(config, { scope: 'reports:write' }), { error: 'invalid_scope' });
}
