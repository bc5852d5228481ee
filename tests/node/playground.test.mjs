// The first five minutes in Chromium: `serve --dev`, the playground, a whole sign-in and everything one can
// do with the tokens afterwards; with and without scripts, and what it looks like.
import './lib/compat.mjs';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, launch, person, picture } from './lib/chrome.mjs';
import { Portico } from './lib/portico.mjs';

const TEST = { timeout: 180_000 };
const PROVIDER = { timeout: 60_000 };
const ALLOW = 'button[name=decision][value=allow]';

let portico;
let browser;

before(async () => {
  portico = await Portico.trial();
  browser = await launch();
}, TEST);

after(async () => {
  await browser?.close();
  await portico?.stop();
}, TEST);

function finished(page) {
  assert.deepEqual(page.complaints, [], 'nothing on the console, no blocked resource');
  return page.context().close();
}

/** From the front door to the playground's form. */
async function arrive(page) {
  await page.goto(`${portico.origin}/`);
  await page.locator('main a[href$="/playground"]').click();
  await page.waitForURL(`${portico.origin}/playground`);
}

/** From the form to the result: the printed person signs in and, the first time, agrees. */
async function signIn(page) {
  await page.locator('main form button[type=submit]').click();
  await page.fill('input[name=username]', portico.told.user);
  await page.fill('input[name=password]', portico.told.user_password);
  await page.click('form:has(input[name=password]) button[type=submit]:not([name=decision])');
  await page.waitForURL(/\/(consent|playground\/result)\b/, PROVIDER);
  if (page.url().includes('/consent')) {
    assert.match(await page.locator('h1').innerText(), /Playground/);
    await page.click(ALLOW);
  }
  await page.waitForURL(`${portico.origin}/playground/result`, PROVIDER);
}

async function press(page, tool) {
  const answered = page.waitForResponse((answer) => answer.request().method() === 'POST', PROVIDER);
  await page.click(`button[name=do][value=${tool}]`);
  await answered;
  await page.waitForLoadState();
}

function words(page) {
  return page.locator('main').innerText();
}

function lastStep(page) {
  return page.locator('#latest').innerText();
}

for (const scripts of [true, false]) {
  test(`the playground from the front door to signing out, ${scripts ? 'with' : 'without'} scripts`, TEST, async () => {
    const page = await person(browser, { scripts });
    await arrive(page);
    assert.equal(await page.inputValue('input[name=issuer]'), portico.origin);
    assert.equal(await page.inputValue('input[name=client_id]'), portico.told.client_id);
    await signIn(page);

    const result = await words(page);
    for (const part of ['ID token', 'Access token', 'Refresh token', 'Userinfo']) {
      assert.ok(result.includes(part), `${part} is not on the result page: ${result}`);
    }
    const claims = await page.locator('.pt-claims').first().innerText();
    for (const claim of ['iss', 'sub', 'aud', 'nonce', 'at_hash', 'auth_time', portico.origin, 'playground']) {
      assert.ok(claims.includes(claim), `${claim} is not among the claims: ${claims}`);
    }
    assert.ok(result.includes(portico.told.user), 'userinfo tells the address');

    const before = await page.locator('.pt-token .pt-code').last().textContent();
    await press(page, 'refresh');
    assert.match(await lastStep(page), /ID token check/, 'the new ID token is checked too');
    assert.notEqual(await page.locator('.pt-token .pt-code').last().textContent(), before, 'refresh tokens rotate');

    await press(page, 'introspect');
    assert.match(await page.locator('[role=alert]').innerText(), /clients with a secret/);
    await press(page, 'userinfo');
    assert.ok((await lastStep(page)).includes(portico.told.user));
    await press(page, 'revoke');
    assert.match(await lastStep(page), /\/revoke/);
    await press(page, 'refresh');
    assert.match(await page.locator('[role=alert]').innerText(), /invalid_grant/);

    await press(page, 'logout');
    await page.waitForURL(`${portico.origin}/playground`);
    await page.locator('main form button[type=submit]').click();
    await page.locator('input[name=password]').waitFor();
    await finished(page);
  });
}

for (const scheme of ['light', 'dark']) {
  for (const width of [390, 1280]) {
    const look = `${scheme}-${width}`;
    test(`axe and a picture of the playground: ${look}`, TEST, async () => {
      const page = await person(browser, { scheme, width });
      const seen = async (name) => {
        await picture(page, `${name}-${look}`);
        await accessible(page, `${name} ${look}`);
      };
      await page.goto(`${portico.origin}/`);
      await seen('dev-home');
      await page.goto(`${portico.origin}/dev/mail`);
      assert.match(await words(page), /mail/i);
      await seen('dev-mail-empty');
      await page.goto(`${portico.origin}/playground`);
      await seen('playground');
      await signIn(page);
      await seen('playground-result');
      await page.locator('details').evaluateAll((all) => all.forEach((one) => one.setAttribute('open', '')));
      await seen('playground-result-open');
      await press(page, 'introspect');
      await seen('playground-introspect');
      await page.goto(`${portico.origin}/playground`);
      await page.fill('input[name=scope]', 'openid address');
      await page.locator('main form button[type=submit]').click();
      await page.waitForURL(`${portico.origin}/playground/result`);
      await seen('playground-failed');
      await page.goto(`${portico.origin}/playground`);
      await page.fill('input[name=issuer]', 'https://elsewhere.example');
      await page.locator('main form button[type=submit]').click();
      await page.locator('[role=alert], .pt-facts').first().waitFor();
      await seen('playground-elsewhere');
      await finished(page);
    });
  }
}
