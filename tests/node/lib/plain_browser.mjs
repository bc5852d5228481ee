// A browser without scripts, pictures or a screen: a cookie jar, redirects and forms over fetch.
import './compat.mjs';
import assert from 'node:assert/strict';
import { forms, text } from './html.mjs';

const HOPS = 12;
let addresses = 0;

export class PlainBrowser {
  /** Cookies by name, for the one origin it visits. */
  cookies = new Map();

  /** `callback` is the address of the application: a redirect there is returned, not followed. */
  constructor({ callback, language = 'en' }) {
    this.callback = callback;
    this.language = language;
    addresses += 1;
    // An address of the documentation range per browser: failures of one do not block the next.
    this.address = `203.0.113.${addresses}`;
  }

  /** Opens an address and follows redirects to a page or to the application. */
  async open(url) {
    return this.#follow(await this.#send(url, 'GET'));
  }

  /** Sends the page's form that has these fields or this button, with its hidden fields untouched. */
  async submit(page, values) {
    const form = page.formFor(values);
    const body = new URLSearchParams({ ...form.values, ...values });
    assert.equal(form.method, 'post', 'a form that changes something is posted');
    const answer = await this.#send(form.action, 'POST', body, page.url);
    if (answer.status >= 300 && answer.status < 400) {
      assert.equal(answer.status, 303, 'after a POST the browser is sent on with 303 (RFC 9700 §4.12)');
    }
    return this.#follow(answer);
  }

  async #send(url, method, body, from) {
    const headers = {
      accept: 'text/html',
      'accept-language': this.language,
      cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      'x-forwarded-for': this.address,
    };
    if (!headers.cookie) delete headers.cookie;
    if (method === 'POST') {
      headers.origin = new URL(from).origin;
      headers['sec-fetch-site'] = 'same-origin';
      headers['content-type'] = 'application/x-www-form-urlencoded';
    }
    const answer = await fetch(url, { method, headers, body: body?.toString(), redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) this.#keep(line);
    return { status: answer.status, headers: answer.headers, html: await answer.text(), url };
  }

  #keep(line) {
    const [pair, ...rest] = line.split(';');
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    const age = rest.map((part) => part.trim().match(/^max-age=(-?\d+)$/i)).find(Boolean);
    if (value === '' || (age && Number(age[1]) <= 0)) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }

  async #follow(first) {
    let answer = first;
    for (let hop = 0; hop < HOPS; hop += 1) {
      const location = answer.headers.get('location');
      if (answer.status < 300 || answer.status >= 400 || !location) return this.#page(answer);
      const next = new URL(location, answer.url);
      if (this.#isCallback(next)) return { callback: next };
      answer = await this.#send(next.href, 'GET');
    }
    throw new Error(`more than ${HOPS} redirects, last ${answer.url}`);
  }

  #isCallback(url) {
    return [this.callback].flat().some((known) => url.href.split(/[?#]/)[0] === known);
  }

  #page({ status, headers, html, url }) {
    const all = forms(html, url);
    return {
      status,
      headers,
      html,
      url,
      text: text(html),
      forms: all,
      has: (field) => all.some((form) => form.inputs.some((input) => input.name === field)),
      offers: (name, value) => all.some((form) => form.buttons.some((b) => b.name === name && b.value === value)),
      formFor(values) {
        const fits = (form) =>
          Object.entries(values).every(
            ([name, value]) =>
              form.inputs.some((input) => input.name === name) ||
              form.buttons.some((button) => button.name === name && button.value === value),
          );
        const form = all.find(fits);
        assert.ok(form, `no form with ${Object.keys(values)} on ${url} (${status}): ${text(html).slice(0, 400)}`);
        return form;
      },
    };
  }

  /** Signs in on the page of the login form. */
  async signIn(page, username, password) {
    assert.ok(page.has?.('username') && page.has('password'), `not the login page: ${page.url ?? page.callback}`);
    return this.submit(page, { username, password });
  }
}
