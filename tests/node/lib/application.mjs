// The application a person comes from and goes back to: a page on a loopback port that keeps what it got.
import { createServer } from 'node:http';

export class Application {
  /** The parameters of every visit, the newest last. */
  visits = [];

  static async start() {
    const application = new Application();
    application.server = createServer((request, response) => {
      const url = new URL(request.url, 'http://127.0.0.1');
      if (url.pathname === '/favicon.ico') return response.writeHead(204).end();
      application.visits.push({ path: url.pathname, parameters: Object.fromEntries(url.searchParams) });
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      return response.end('<!doctype html><html lang="en"><title>Application</title><h1>Welcome back</h1></html>');
    });
    await new Promise((resolve) => application.server.listen(0, '127.0.0.1', resolve));
    application.origin = `http://127.0.0.1:${application.server.address().port}`;
    application.callback = `${application.origin}/callback`;
    application.goodbye = `${application.origin}/goodbye`;
    return application;
  }

  last() {
    return this.visits.at(-1);
  }

  stop() {
    this.server.closeAllConnections?.();
    return new Promise((resolve) => this.server.close(resolve));
  }
}
