// Just enough HTML to use a form as a browser without scripts does.

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

export function decode(text) {
  return text.replace(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, (whole, name) => {
    if (/^#x/i.test(name)) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
    if (name.startsWith('#')) return String.fromCodePoint(Number(name.slice(1)));
    return ENTITIES[name.toLowerCase()] ?? whole;
  });
}

function attributes(tag) {
  const found = {};
  const inner = tag.replace(/^<\s*[a-z0-9-]+/i, '').replace(/\/?>$/, '');
  const pattern = /([^\s=/"'>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;
  for (const [, name, double, single, bare] of inner.matchAll(pattern)) {
    found[name.toLowerCase()] = decode(double ?? single ?? bare ?? '');
  }
  return found;
}

function tags(html, name) {
  const pattern = new RegExp(`<${name}\\b(?:"[^"]*"|'[^']*'|[^>"'])*>`, 'gi');
  return [...html.matchAll(pattern)].map(([tag]) => attributes(tag));
}

/** The forms of a page: where they go, what they send untouched, which buttons they have. */
export function forms(html, url) {
  const plain = html.replace(/<!--[\s\S]*?-->/g, '');
  return [...plain.matchAll(/(<form\b(?:"[^"]*"|'[^']*'|[^>"'])*>)([\s\S]*?)<\/form>/gi)].map(([, open, body]) => {
    const form = attributes(open);
    const inputs = tags(body, 'input').filter((input) => input.name && !('disabled' in input));
    const sent = inputs.filter((input) => !['submit', 'button', 'image', 'reset'].includes(input.type));
    const checked = sent.filter((input) => !['checkbox', 'radio'].includes(input.type) || 'checked' in input);
    const buttons = [...tags(body, 'button'), ...inputs.filter((input) => input.type === 'submit')];
    return {
      action: new URL(form.action || url, url).href,
      method: (form.method ?? 'get').toLowerCase(),
      inputs,
      values: Object.fromEntries(checked.map((input) => [input.name, input.value ?? ''])),
      buttons: buttons.filter((button) => button.name).map(({ name, value = '' }) => ({ name, value })),
    };
  });
}

/** The text of a page, without tags, scripts and styles. */
export function text(html) {
  const bare = html.replace(/<(script|style|svg)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ');
  return decode(bare).replace(/\s+/g, ' ').trim();
}
