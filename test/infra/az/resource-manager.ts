// A resource manager on loopback, so that the real az can be asked without a subscription.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PRINCIPAL, TENANT } from './rest-records.ts';
import { type Answer, ROUTES } from './rest-routes.ts';

export interface ResourceManager {
  url: string;
  /** Where az gets its tokens: the endpoint of a managed identity. */
  identityUrl: string;
  certificate: string;
  /** Requests for which there is no answer here. */
  unknown: string[];
  /** Answer the next requests for such a path with an error instead. */
  refuse(refusal: Refusal): void;
  /** Answer everything again. */
  relent(): void;
  close(): Promise<void>;
}

export interface Refusal {
  /** Of method and path. */
  path: RegExp;
  times: number;
  status: number;
  body: unknown;
}

/** Start both endpoints on free loopback ports. @param folder  takes the certificate; needs openssl */
export async function startResourceManager(folder: string): Promise<ResourceManager> {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', [...request, ...names], { stdio: 'ignore' });
  const unknown: string[] = [];
  const refusals: Refusal[] = [];
  const secure = createHttps(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    (ask, answer) => void serve(ask, answer),
  );
  const plain = createHttp((ask, answer) => void serve(ask, answer));
  const [securePort, plainPort] = [await listen(secure), await listen(plain)];
  const base = `https://localhost:${securePort}`;

  async function serve(ask: IncomingMessage, answer: ServerResponse): Promise<void> {
    const text = (await ask.toArray()).join('');
    const url = new URL(ask.url ?? '/', base);
    const method = ask.method ?? 'GET';
    const send = ({ status = 200, body, headers = {} }: Answer): void => {
      answer.writeHead(status, { 'content-type': 'application/json', ...headers });
      answer.end(body === undefined ? undefined : JSON.stringify(body));
    };
    if (url.pathname === '/identity') return send({ body: tokenFor(url.searchParams.get('resource') ?? '') });
    const asked = `${method} ${url.pathname}`;
    const refusal = refusals.find(({ path, times }) => times > 0 && path.test(asked));
    if (refusal !== undefined) {
      refusal.times -= 1;
      return send(refusal);
    }
    const route = ROUTES.find(([verb, path]) => verb === method && path.test(url.pathname));
    if (route !== undefined) return send(route[2]({ url, text, base }));
    unknown.push(asked);
    send({ status: 404, body: { error: { code: 'NotFound', message: `${asked} is not known here` } } });
  }

  return {
    url: base,
    identityUrl: `http://127.0.0.1:${plainPort}/identity`,
    certificate,
    unknown,
    refuse: (refusal) => void refusals.unshift({ ...refusal }),
    relent: () => void refusals.splice(0),
    close: async () => {
      for (const server of [secure, plain]) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    },
  };
}

function tokenFor(resource: string) {
  const expires = Math.floor(Date.now() / 1000) + 86_400;
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { aud: resource, tid: TENANT, oid: PRINCIPAL, exp: expires };
  const token = [part({ alg: 'RS256', typ: 'JWT' }), part(claims), 'c2lnbmF0dXJl'].join('.');
  return { access_token: token, expires_on: String(expires), resource, token_type: 'Bearer', client_id: PRINCIPAL };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}
