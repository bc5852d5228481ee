// The hosted pages in Chromium, with and without scripts; axe and a picture of each page in light and
// dark, on a telephone and on a desk, left to right and right to left.
import './lib/compat.mjs';
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Application } from './lib/application.mjs';
import { accessible, launch, person, picture } from './lib/chrome.mjs';
import { PASSWORD, Portico } from './lib/portico.mjs';

const TEST = { timeout: 180_000 };
const USERNAME = 'input[name=username]';
const SECRET = 'input[name=password]';
const SUBMIT = 'form:has(input[name=password]) button[type=submit]:not([name=decision])';
const ALLOW = 'button[name=decision][value=allow]';
const DENY = 'button[name=decision][value=deny]';

let portico;
let application;
let browser;
let client;
let people = 0;

before(async () => {
  portico = await Portico.start('sqlite');
  application = await Application.start();
  browser = await launch();
  client = await portico.createClient({
    name: 'Reading Room',
    type: 'web',
    'redirect-uri': application.callback,
    'post-logout-redirect-uri': application.goodbye,
    grant: ['authorization_code', 'refresh_token'],
    scope: ['openid', 'profile', 'email', 'offline_access'],
  });
}, TEST);

after(async () => {
  await browser?.close();
  await application?.stop();
  await portico?.stop();
}, TEST);

async function someone() {
  people += 1;
  const email = `person${people}@example.com`;
  await portico.createUser(email, { name: 'Grace Hopper' });
  return email;
}

function authorize(extra = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(`${portico.origin}/authorize`);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: application.callback,
    scope: 'openid profile email',
    state: randomBytes(9).toString('base64url'),
    nonce: randomBytes(9).toString('base64url'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...extra,
  });
  return url;
}

async function signIn(page, email, password = PASSWORD) {
  await page.fill(USERNAME, email);
  await page.fill(SECRET, password);
  await page.click(SUBMIT);
}

async function at(page, address) {
  await page.waitForURL((url) => url.href.startsWith(address));
}

/** Signs in and consents: afterwards the browser has a session. */
async function comeIn(page, email, extra = {}) {
  await page.goto(authorize({ prompt: 'login consent', ...extra }).href);
  await signIn(page, email);
  await page.click(ALLOW);
  await at(page, application.callback);
}

function content(page) {
  assert.deepEqual(page.complaints, [], 'nothing on the console, no blocked resource');
  return page.context().close();
}

for (const scripts of [true, false]) {
  describe(`hosted pages ${scripts ? 'with' : 'without'} scripts`, () => {
    test('S0-5: a wrong password, then the right one, then consent', TEST, async () => {
      const page = await person(browser, { scripts });
      const email = await someone();
      const url = authorize();
      await page.goto(url.href);
      assert.equal(await page.locator(USERNAME).getAttribute('autocomplete').then((a) => a.split(' ')[0]), 'username');
      assert.equal(await page.locator(SECRET).getAttribute('autocomplete'), 'current-password');

      await signIn(page, email, 'not the password at all');
      const alert = page.locator('[role=alert], [aria-live=assertive], [aria-live=polite]');
      assert.ok((await alert.first().innerText()).trim().length > 10, 'the page says what happened');
      assert.equal(await page.inputValue(USERNAME), email, 'the name stays');
      assert.equal(await page.inputValue(SECRET), '', 'the password does not');

      await signIn(page, email);
      await page.locator(ALLOW).waitFor();
      const words = await page.locator('main').innerText();
      assert.ok(words.includes('Reading Room') && words.includes('127.0.0.1'), 'who asks, and where to next');
      assert.ok(!words.includes('openid'), 'words, not scope names');
      await page.click(ALLOW);
      await at(page, application.callback);
      const { parameters } = application.last();
      assert.ok(parameters.code);
      assert.equal(parameters.state, url.searchParams.get('state'));
      assert.equal(parameters.iss, portico.origin);
      await content(page);
    });

    test('A-068: an unknown name gets the same answer as a wrong password', TEST, async () => {
      const page = await person(browser, { scripts });
      const answers = [];
      for (const email of [await someone(), 'nobody.at.all@example.com']) {
        await page.goto(authorize({ prompt: 'login' }).href);
        await signIn(page, email, 'not the password at all');
        await page.locator('[role=alert]').first().waitFor();
        answers.push((await page.locator('main').innerText()).replaceAll(email, ''));
      }
      assert.equal(answers[0], answers[1]);
      await content(page);
    });

    test('denied consent is told to the application', TEST, async () => {
      const page = await person(browser, { scripts });
      const url = authorize();
      await page.goto(url.href);
      await signIn(page, await someone());
      await page.locator(ALLOW).waitFor();
      await page.click(DENY);
      await at(page, application.callback);
      assert.equal(application.last().parameters.error, 'access_denied');
      assert.equal(application.last().parameters.state, url.searchParams.get('state'));
      await content(page);
    });

    test('A-131: logout without a hint asks first', TEST, async () => {
      const page = await person(browser, { scripts });
      await comeIn(page, await someone());
      await page.goto(`${portico.origin}/logout`);
      await page.locator('form[method=post] button[type=submit]').first().waitFor();
      await page.goto(authorize({ prompt: 'none' }).href);
      assert.equal(application.last().parameters.error, undefined, 'the question alone ends nothing');

      await page.goto(`${portico.origin}/logout`);
      await page.click(ALLOW);
      await page.waitForLoadState();
      await page.goto(authorize({ prompt: 'none' }).href);
      assert.equal(application.last().parameters.error, 'login_required');
      await content(page);
    });

    test('A-001: a bad redirect address ends on a page with a way back', TEST, async () => {
      const page = await person(browser, { scripts });
      const visits = application.visits.length;
      const answer = await page.goto(authorize({ redirect_uri: `${application.origin}/other` }).href);
      assert.equal(answer.status(), 400);
      assert.equal(application.visits.length, visits);
      assert.ok((await page.locator('h1').innerText()).length > 0);
      assert.match(await page.locator('main').innerText(), /[0-9a-f]{8}/i, 'an operation id');
      assert.ok((await page.locator('main a[href]').count()) > 0, 'no dead end');
      await content(page);
    });

    test('select_account lets a person stay or change', TEST, async () => {
      const page = await person(browser, { scripts });
      const email = await someone();
      await comeIn(page, email);
      await page.goto(authorize({ prompt: 'select_account' }).href);
      const mine = page.locator('button[name=account]', { hasText: email });
      await mine.click();
      await at(page, application.callback);
      assert.ok(application.last().parameters.code);

      await page.goto(authorize({ prompt: 'select_account' }).href);
      await page.click('button[name=account][value=other]');
      await page.locator(SECRET).waitFor();
      await content(page);
    });
  });
}

test('the login page works from the keyboard alone', TEST, async () => {
  const page = await person(browser);
  const email = await someone();
  await page.goto(authorize().href);
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'username', 'autofocus');
  await page.keyboard.type(email);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'password', 'focus follows sight');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await page.locator(ALLOW).waitFor();
  await content(page);
});

test('the login page asks nobody else for anything and stays small', TEST, async () => {
  const page = await person(browser);
  const sizes = [];
  page.on('response', (answer) => {
    sizes.push(
      answer
        .body()
        .then((body) => ({ url: answer.url(), size: body.length }))
        .catch(() => ({ url: answer.url(), size: 0 })),
    );
  });
  await page.goto(authorize().href, { waitUntil: 'networkidle' });
  const loaded = await Promise.all(sizes);
  assert.deepEqual(loaded.filter(({ url }) => !url.startsWith(portico.origin)), []);
  const total = loaded.reduce((sum, { size }) => sum + size, 0);
  assert.ok(total < 40_000, `${total} bytes before compression`);
  await content(page);
});

for (const language of ['en', 'ar']) {
  for (const scheme of ['light', 'dark']) {
    for (const width of [390, 1280]) {
      const look = `${language}-${scheme}-${width}`;
      test(`axe and a picture of every page: ${look}`, TEST, () => everyPage(look, { language, scheme, width }));
    }
  }
}

async function everyPage(look, { language, scheme, width }) {
  const page = await person(browser, { language, scheme, width });
  const email = await someone();
  const seen = async (name) => {
    await page.locator('h1').first().waitFor();
    assert.equal(await page.locator('html').getAttribute('dir'), language === 'ar' ? 'rtl' : 'ltr', name);
    assert.equal(await page.locator('html').getAttribute('lang').then((tag) => tag.split('-')[0]), language, name);
    await picture(page, `${name}-${look}`);
    await accessible(page, `${name} ${look}`);
  };
  const said = { ui_locales: language };

  await page.goto(authorize(said).href);
  await seen('login');
  await signIn(page, email, 'not the password at all');
  await page.locator('[role=alert]').first().waitFor();
  await seen('login-wrong');
  await signIn(page, email);
  await page.locator(ALLOW).waitFor();
  await seen('consent');
  await page.click(ALLOW);
  await at(page, application.callback);

  await page.goto(authorize({ ...said, prompt: 'select_account' }).href);
  await page.locator('button[name=account]').first().waitFor();
  await seen('choose');
  await page.goto(authorize({ ...said, redirect_uri: `${application.origin}/other` }).href);
  await seen('error');
  await page.goto(`${portico.origin}/logout?ui_locales=${language}`);
  await page.locator(ALLOW).waitFor();
  await seen('logout');
  await page.click(ALLOW);
  await page.locator(ALLOW).waitFor({ state: 'detached' });
  await seen('logged-out');
  await content(page);
}
