// The README's five minutes, as they stand there: its commands and its JavaScript, against `serve --dev`.
import './lib/compat.mjs';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import * as oidc from 'openid-client';
import { PlainBrowser } from './lib/plain_browser.mjs';
import { Portico } from './lib/portico.mjs';

const TEST = { timeout: 120_000 };
const AsyncFunction = (async () => {}).constructor;

let portico;
let readme;

before(async () => {
  portico = await Portico.trial();
  const text = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  readme = text.replaceAll('http://localhost:8080', portico.origin).replaceAll('target/release/portico', 'portico');
}, TEST);

after(() => portico?.stop(), TEST);

/** The one fenced block of that language that contains these words. */
function block(language, words) {
  const all = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].filter(([, name]) => name === language);
  const found = all.map(([, , code]) => code).filter((code) => code.includes(words));
  assert.equal(found.length, 1, `one ${language} block with ${words}`);
  return found[0];
}

test('the five minutes of the README work as written', TEST, async () => {
  const client = JSON.parse(await portico.shell(block('sh', 'client create')));
  const script = block('sh', 'user create');
  const ada = JSON.parse(await portico.shell(script));
  const [, password] = script.match(/printf '([^']+)'/);

  const [callback] = client.redirect_uris;
  const browser = new PlainBrowser({ callback });
  const signIn = async (url) => {
    const consent = await browser.signIn(await browser.open(url.href), ada.email, password);
    return (await browser.submit(consent, { decision: 'allow' })).callback;
  };
  // What the comment between the two halves tells the reader to do is what `signIn` does.
  const code = block('js', 'authorizationCodeGrant')
    .replace(/^import .*$/m, '')
    .replace(/^\/\/ send the browser.*$/m, 'const callbackUrl = await signIn(url);');
  assert.match(code, /await signIn/);
  const example = new AsyncFunction('oidc', 'CLIENT_ID', 'CLIENT_SECRET', 'signIn', 'console', `${code}; return { config, tokens };`);
  const shown = [];
  const log = { log: (what) => shown.push(what) };
  const { config, tokens } = await example(oidc, client.client_id, client.client_secret, signIn, log);
  assert.equal(shown[0].sub, ada.id);

  assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, true);
  const [, suspend] = readme.match(/`(portico user suspend [^`]+)`/);
  await portico.shell(suspend);
  assert.deepEqual(await oidc.tokenIntrospection(config, tokens.access_token), { active: false });
});
