// The npm `oidc-provider`, set up to do the work Portico does in the bench: the same grants, the same
// algorithms, the same number of users, sessions and clients. It keeps everything in one Map: nothing here
// survives a restart, which is the fastest it can be.
//
//   node server.mjs --port PORT --seed FILE [--users N] [--sessions N] [--clients N]
//
// FILE receives the description the driver reads (docs/performance.md, "Seed file").

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import Provider from 'oidc-provider';

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    seed: { type: 'string' },
    users: { type: 'string', default: '10000' },
    sessions: { type: 'string', default: '10000' },
    clients: { type: 'string', default: '10000' },
  },
});
const counts = Object.fromEntries(['users', 'sessions', 'clients'].map((name) => [name, Number(values[name])]));
const issuer = `http://localhost:${values.port}`;
const redirectUri = 'https://rp.example.com/callback';
const algorithms = ['ES256', 'EdDSA', 'RS256'];
const day = 86_400;

// --- storage ---------------------------------------------------------------------------------------------

const rows = new Map();
const grantMembers = new Map();

/** One Map for all models. Unlike the library's own example adapter it forgets nothing before its time. */
class MapAdapter {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload, expiresIn) {
    const key = this.key(id);
    rows.set(key, { payload, until: expiresIn ? Date.now() + expiresIn * 1000 : Infinity });
    if (payload.grantId && this.model !== 'Grant' && this.model !== 'Session') {
      const members = grantMembers.get(payload.grantId);
      if (members) members.push(key);
      else grantMembers.set(payload.grantId, [key]);
    }
    if (this.model === 'Session') rows.set(`uid:${payload.uid}`, { payload: id, until: Infinity });
  }

  async find(id) {
    const row = rows.get(this.key(id));
    if (!row) return undefined;
    if (row.until > Date.now()) return row.payload;
    rows.delete(this.key(id));
    return undefined;
  }

  async findByUid(uid) {
    const row = rows.get(`uid:${uid}`);
    return row && this.find(row.payload);
  }

  async findByUserCode() {
    return undefined;
  }

  async destroy(id) {
    rows.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const key of grantMembers.get(grantId) ?? []) rows.delete(key);
    grantMembers.delete(grantId);
  }

  async consume(id) {
    const row = rows.get(this.key(id));
    if (row) row.payload.consumed = Math.floor(Date.now() / 1000);
  }
}

// --- keys and clients ------------------------------------------------------------------------------------

function jwk(alg) {
  const made = {
    ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: () => generateKeyPairSync('ed25519'),
    RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  }[alg]();
  return { ...made.privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: `bench-${alg}` };
}

const clients = Array.from({ length: counts.clients }, (_, n) => ({
  client_id: `bench-client-${n}`,
  client_secret: randomBytes(32).toString('base64url'),
  redirect_uris: [redirectUri],
  response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  token_endpoint_auth_method: 'client_secret_basic',
  id_token_signed_response_alg: algorithms[n % algorithms.length],
}));

const resource = (alg) => `urn:portico:bench:${alg}`;

const provider = new Provider(issuer, {
  adapter: MapAdapter,
  clients,
  jwks: { keys: algorithms.map(jwk) },
  enabledJWA: { idTokenSigningAlgValues: algorithms },
  scopes: ['openid', 'offline_access', 'profile', 'email'],
  claims: { profile: ['name'], email: ['email', 'email_verified'] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async () => true,
  ttl: {
    AccessToken: 3600, AuthorizationCode: 60, ClientCredentials: 600, Grant: day, IdToken: 3600,
    Interaction: 3600, RefreshToken: day, Session: day,
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: async () => true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => undefined,
      useGrantedResource: async () => true,
      getResourceServerInfo: async (_ctx, indicator) => {
        const alg = algorithms.find((candidate) => resource(candidate) === indicator);
        if (!alg) throw new Error(`unknown resource ${indicator}`);
        return { scope: '', accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg } } };
      },
    },
  },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: async (_ctx, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, name: `Bench ${id}`, email: `${id}@example.com`, email_verified: true }),
  }),
  // The documented way to run without a consent page: every client counts as first-party.
  loadExistingGrant: async (ctx) => {
    const { client, session, provider: owner } = ctx.oidc;
    const known = session.grantIdFor(client.clientId);
    // Revoking a refresh token takes the grant with it; such a session is granted anew.
    const existing = known && await owner.Grant.find(known);
    if (existing) return existing;
    const grant = new owner.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid offline_access profile email');
    await grant.save(day);
    return grant;
  },
});
provider.on('server_error', (_ctx, error) => console.error(error));

// --- sessions and the login page -------------------------------------------------------------------------

async function seedSessions() {
  const made = [];
  for (let n = 0; n < counts.sessions; n += 1) {
    const session = new provider.Session();
    session.loginAccount({ accountId: `user-${n % counts.users}` });
    await session.save(day);
    made.push(session.jti);
  }
  return made;
}

/** The least a login page can be: any name, any password. */
async function interaction(ctx, next) {
  if (!ctx.path.startsWith('/interaction/')) return next();
  if (ctx.method === 'GET') {
    ctx.type = 'html';
    ctx.body = `<!doctype html><form method="post" action="${ctx.path}">`
      + '<input name="username" autocomplete="username"><input name="password" type="password"><button>Sign in</button></form>';
    return undefined;
  }
  const chunks = [];
  for await (const chunk of ctx.req) chunks.push(chunk);
  const form = new URLSearchParams(Buffer.concat(chunks).toString());
  return provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: form.get('username') } });
}
provider.use(interaction);

const sessions = await seedSessions();
writeFileSync(values.seed, JSON.stringify({
  clients: clients.map((client) => ({
    client_id: client.client_id,
    client_secret: client.client_secret,
    id_token_alg: client.id_token_signed_response_alg,
  })),
  sessions,
  session_cookie: provider.cookieName('session'),
  redirect_uri: redirectUri,
  users: [{ username: 'user-0', password: 'any' }],
  client_credentials_params: Object.fromEntries(algorithms.map((alg) => [alg, { resource: resource(alg) }])),
}));
provider.listen(Number(values.port), '127.0.0.1');
