import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { answerForeigners, refuseForeigners } from '../../local/loopback.ts';

const status = (method: string, headers: Record<string, string>, allowed: string[] = []) =>
  refuseForeigners({ method, headers: { host: 'localhost:7071', ...headers } }, allowed)?.status ?? 200;

test('loopback: another name than this machine’s is refused, whatever else is said', () => {
  for (const host of ['evil.example', 'localhost.evil.example:80', '127.0.0.1.evil.example', '10.0.0.1', '[::2]'])
    expect(status('GET', { host }), host).toBe(421);
  for (const host of ['localhost:7071', 'LOCALHOST', '127.0.0.1', '127.9.9.9:1', '[::1]:1', ''])
    expect(status('GET', { host }), host).toBe(200);
});

test('loopback: what a page of another site sends is refused, of every method', () => {
  for (const site of ['cross-site', 'same-site', 'something-new'])
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expect(status(method, { 'sec-fetch-site': site }), `${method} ${site}`).toBe(403);
  for (const site of ['same-origin', 'none']) expect(status('POST', { 'sec-fetch-site': site })).toBe(200);
});

test('loopback: a browser that does not say the site says the origin of what changes something', () => {
  expect(status('POST', { origin: 'https://evil.example' })).toBe(403);
  expect(status('POST', { origin: 'null' })).toBe(403);
  expect(status('POST', { origin: 'http://localhost:3000' })).toBe(403); // another server of this machine
  expect(status('POST', { origin: 'http://localhost:7071' })).toBe(200);
});

test('loopback: a link is followed, programs are served, and so are origins that the settings name', () => {
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  expect(status('GET', link)).toBe(200);
  expect(status('POST', link)).toBe(403); // a form
  expect(status('GET', { ...link, 'sec-fetch-dest': 'iframe' })).toBe(403);
  expect(status('POST', {})).toBe(200);
  expect(status('POST', { 'sec-fetch-mode': 'cors' })).toBe(200); // fetch of Node.js
  const mine = { 'sec-fetch-site': 'same-site', origin: 'http://localhost:5173' };
  expect(status('POST', mine, ['http://localhost:5173'])).toBe(200);
  expect(status('POST', mine, ['http://localhost:5174'])).toBe(403);
  expect(status('POST', mine, ['*'])).toBe(200);
  expect(status('POST', { ...mine, host: 'evil.example' }, ['*'])).toBe(421);
});

test('loopback: a refused request is answered at once and its connection closed, without reading what it sends', async () => {
  const server = createServer((request, response) => {
    if (!answerForeigners(request, response)) response.end('served');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const request = send({ host: '127.0.0.1', port, method: 'POST', headers: { host: 'evil.example' } });
  request.on('error', () => {}); // the server hangs up on a body that goes on
  request.write('beginning of a body that never ends');
  const [answer] = await once(request, 'response');
  expect([answer.statusCode, answer.headers.connection]).toEqual([421, 'close']);
  request.destroy();
  server.close();
  server.closeAllConnections();
});
