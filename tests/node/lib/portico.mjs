// A Portico of one's own: the real binary on free ports with its data in a temporary folder.
import './compat.mjs';
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BINARY = path.resolve(ROOT, process.env.PORTICO_BIN ?? 'target/debug/portico');
const START_SECONDS = 90;
const STOP_SECONDS = 40;

/** The databases the tests run on: SQLite always, PostgreSQL where `PORTICO_TEST_PG` names one. */
export const DATABASES = process.env.PORTICO_TEST_PG ? ['sqlite', 'postgres'] : ['sqlite'];

export const PASSWORD = 'correct horse battery staple 7';

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function run(file, args, { input = '', env } = {}) {
  return new Promise((resolve) => {
    const child = execFile(file, args, { env, timeout: 60_000, maxBuffer: 1 << 24 }, (error, stdout, stderr) =>
      resolve({ code: error ? (error.code ?? 1) : 0, stdout, stderr }),
    );
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** The test's environment without settings that would change the server under test. */
function cleanEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PORTICO_'));
  return Object.fromEntries(kept);
}

export class Portico {
  #child;
  #exited;
  #log = '';
  #out = '';
  #drop = async () => {};

  /** Starts a server on a database of its own and waits until it is ready. */
  static async start(database = 'sqlite') {
    const portico = new Portico();
    portico.directory = await mkdtemp(path.join(tmpdir(), 'portico-node-'));
    try {
      await portico.#configure(database);
      await portico.#launch();
    } catch (error) {
      await portico.stop({ check: false });
      throw error;
    }
    return portico;
  }

  /** Starts `serve --dev` in an empty folder, as a newcomer does, and keeps what it tells in `told`. */
  static async trial() {
    const portico = new Portico();
    portico.directory = await mkdtemp(path.join(tmpdir(), 'portico-trial-'));
    try {
      const port = await freePort();
      portico.origin = `http://localhost:${port}`;
      await portico.#launch(['--output', 'json', 'serve', '--dev'], {
        ...cleanEnvironment(),
        PORTICO_PUBLIC_URL: portico.origin,
        PORTICO_SERVER__BIND: `127.0.0.1:${port}`,
        PORTICO_SERVER__MANAGEMENT_BIND: '',
      });
      portico.told = JSON.parse(portico.#out.split('\n')[0]);
    } catch (error) {
      await portico.stop({ check: false });
      throw error;
    }
    return portico;
  }

  async #configure(database) {
    const [port, management] = [await freePort(), await freePort()];
    this.origin = `http://localhost:${port}`;
    this.management = `http://127.0.0.1:${management}`;
    this.config = path.join(this.directory, 'portico.toml');
    const url = database === 'sqlite' ? `sqlite://${this.directory}/portico.db` : await this.#createDatabase();
    // The tests come from many addresses, told by X-Forwarded-For: a shared one would soon be blocked
    // for its failed sign-ins, as it should be.
    await writeFile(
      this.config,
      `public_url = "${this.origin}"
[server]
bind = "127.0.0.1:${port}"
management_bind = "127.0.0.1:${management}"
trusted_proxies = ["127.0.0.1"]
[database]
url = "${url}"
[data]
dir = "${this.directory}/data"
[keys]
dir = "${this.directory}/keys"
[mail]
transport = "mailbox"
`,
    );
  }

  async #createDatabase() {
    const server = process.env.PORTICO_TEST_PG;
    const name = `portico_node_${process.pid}_${Date.now().toString(36)}_${Math.floor(Math.random() * 1e6)}`;
    const psql = async (sql) => {
      const done = await run('psql', [server, '-v', 'ON_ERROR_STOP=1', '-qAtc', sql], { env: process.env });
      assert.equal(done.code, 0, `psql: ${done.stderr}`);
    };
    await psql(`CREATE DATABASE ${name}`);
    this.#drop = () => psql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    const url = new URL(server);
    url.pathname = `/${name}`;
    return url.href;
  }

  async #launch(args = ['--config', this.config, 'serve'], env = cleanEnvironment()) {
    this.#child = spawn(BINARY, args, {
      cwd: this.directory,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const collect = (chunk) => (this.#log = (this.#log + chunk).slice(-200_000));
    this.#child.stdout.on('data', (chunk) => {
      this.#out += chunk;
      collect(chunk);
    });
    this.#child.stderr.on('data', collect);
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ error }));
      this.#child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    const deadline = Date.now() + START_SECONDS * 1000;
    while (!(await this.#ready())) {
      const end = await Promise.race([this.#exited, sleep(100)]);
      assert.equal(end, undefined, `the server ended before it was ready: ${JSON.stringify(end)}\n${this.#log}`);
      assert.ok(Date.now() < deadline, `the server was not ready after ${START_SECONDS} s\n${this.#log}`);
    }
  }

  async #ready() {
    try {
      const answer = await fetch(`${this.origin}/health/ready`);
      await answer.arrayBuffer();
      return answer.status === 200;
    } catch {
      return false;
    }
  }

  /** What the server logged so far (its last 200 kB). */
  get log() {
    return this.#log;
  }

  get pid() {
    return this.#child.pid;
  }

  /** The issuer of a tenant; of the default one without a slug. */
  issuer(tenant) {
    return tenant ? `${this.origin}/t/${tenant}` : this.origin;
  }

  /** Runs a command beside the server and returns the JSON object it prints. */
  async cli(args, { tenant, input } = {}) {
    const scope = tenant ? ['--tenant', tenant] : [];
    const line = ['--config', this.config, '--output', 'json', ...scope, ...args];
    const done = await run(BINARY, line, { input, env: cleanEnvironment() });
    assert.equal(done.code, 0, `portico ${args.join(' ')}: ${done.stderr}${done.stdout}`);
    return done.stdout.trim() === '' ? null : JSON.parse(done.stdout);
  }

  /** Runs a line of a shell script in the server's folder; `portico` there is the binary under test. */
  async shell(line) {
    const done = await run('/bin/sh', ['-c', `cd "$1" && portico() { "$0" "$@"; }; ${line}`, BINARY, this.directory], {
      env: cleanEnvironment(),
    });
    assert.equal(done.code, 0, `${line}: ${done.stderr}${done.stdout}`);
    return done.stdout;
  }

  createTenant(slug, name) {
    return this.cli(['tenant', 'create', '--slug', slug, '--name', name]);
  }

  createUser(email, { tenant, name = 'Ada Lovelace' } = {}) {
    const args = ['user', 'create', '--email', email, '--name', name, '--password-stdin', '--verified'];
    return this.cli(args, { tenant, input: `${PASSWORD}\n` });
  }

  /** Registers a client; every option becomes `--option value`, once for each value of a list. */
  createClient(options, { tenant } = {}) {
    const args = ['client', 'create'];
    for (const [option, values] of Object.entries(options)) {
      for (const value of [values].flat()) args.push(`--${option}`, ...(value === true ? [] : [value]));
    }
    return this.cli(args, { tenant });
  }

  /** Ends the server as an operator does and takes its data away. */
  async stop({ check = true } = {}) {
    let end;
    if (this.#child?.pid && this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGTERM');
      end = await Promise.race([this.#exited, sleep(STOP_SECONDS * 1000, undefined, { ref: false })]);
      if (end === undefined) this.#child.kill('SIGKILL');
    }
    const log = this.#log;
    await this.#drop().catch((error) => check && Promise.reject(error));
    await rm(this.directory, { recursive: true, force: true });
    if (check) assert.deepEqual(end, { code: 0, signal: null }, `SIGTERM must end with 0\n${log.slice(-4000)}`);
  }

  /** A file of the server's folder, for the tests that look for what must not be in it. */
  read(name) {
    return readFile(path.join(this.directory, name));
  }
}
