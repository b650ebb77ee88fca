// What a service or something on the way may answer: links elsewhere, other clocks, other clouds.
import { expect, test } from 'vitest';
import { sourcePaths } from '../../shared/paths.ts';
import { readDriveState } from '../../shared/sources/drive-state.ts';
import { graphRoot } from '../../shared/sources/graph/graph-client.ts';
import { GRAPH, Tenant } from './tenant.ts';

const bytes = (text: string): Buffer => Buffer.from(text);

/** Change the first answers that `on` matches. @returns hosts that were called */
function answering(t: Tenant, on: RegExp, change: (reply: Awaited<ReturnType<Tenant['graph']['handle']>>) => void) {
  const hosts = new Set<string>();
  const handle = t.graph.handle.bind(t.graph);
  let isDone = false;
  t.graph.handle = async (request) => {
    hosts.add(request.url.host);
    const reply = await handle(request);
    if (!isDone && on.test(request.url.href)) {
      isDone = true;
      change(reply);
    }
    return reply;
  };
  return hosts;
}

test.each(['@odata.nextLink', '@odata.deltaLink'])(
  'an answer whose %s leads elsewhere is refused, gets no token, and is not kept: the next round reads it anew',
  async (field) => {
    const t = new Tenant({ pageSize: 2 });
    for (let i = 0; i < 5; i++) t.library.putFile(`f${i}.txt`, bytes(`text ${i}`));
    const hosts = answering(t, field.includes('next') ? /\/root\/delta$/ : /delta.*token/, (reply) => {
      const body = reply.body as Record<string, unknown>;
      for (const link of ['@odata.nextLink', '@odata.deltaLink']) delete body[link];
      body[field] = 'https://graph.example@elsewhere.example/v1.0/next';
    });
    await expect(t.sync()).rejects.toMatchObject({ code: 'sync.bad-answer' });
    expect(await t.sync()).toMatchObject({ landed: 5 });
    expect([...hosts]).not.toContain('elsewhere.example');
    expect(await t.sync()).toMatchObject({ landed: 0, failed: 0 });
  },
);

test('a 410 that sends elsewhere leads to a plain enumeration', async () => {
  const t = new Tenant();
  t.library.putFile('a.txt', bytes('one'));
  await t.sync();
  t.graph.faults.push({ kind: 'resync', on: /GET .*delta.*token/ });
  const hosts = answering(t, /delta.*token/, (reply) => {
    reply.headers = { ...reply.headers, location: 'https://elsewhere.example/delta' };
  });
  t.library.putFile('b.txt', bytes('two'));
  expect(await t.sync()).toMatchObject({ landed: 1 });
  expect([...hosts]).not.toContain('elsewhere.example');
});

test('a cursor of another cloud, as after another GRAPH_ROOT, leads to one enumeration, diffed', async () => {
  const t = new Tenant();
  t.library.putFile('a.txt', bytes('one'));
  await t.sync();
  const [drive] = await t.drives();
  const { state } = (await readDriveState(t.lake, 'tax', drive!.key))!;
  const deltaLink = state.deltaLink!.replace(GRAPH, 'https://graph.microsoft.us');
  expect(deltaLink).not.toBe(state.deltaLink);
  await t.lake.write(sourcePaths.state('tax', drive!.key), JSON.stringify({ ...state, deltaLink }));
  t.library.putFile('b.txt', bytes('two'));
  expect(await t.sync()).toMatchObject({ landed: 1, failed: 0 });
  expect(t.puts).toHaveLength(2);
});

test('a download address without TLS is not asked: whoever is on the way could read the file', async () => {
  const t = new Tenant();
  t.library.putFile('a.txt', bytes('one'));
  const hosts = answering(t, /\/content$/, (reply) => {
    reply.headers = { ...reply.headers, location: 'http://elsewhere.example/a' };
  });
  expect(await t.sync()).toMatchObject({ landed: 0, failed: 1 });
  expect([...hosts]).not.toContain('elsewhere.example');
});

test('Retry-After as a time is waited for by the clock of the service, however far that is off', async () => {
  for (const skewMs of [-86_400_000, 0, 3_600_000]) {
    const t = new Tenant();
    t.library.putFile('a.txt', bytes('one'));
    answering(t, /\/root\/delta$/, (reply) => {
      const now = t.clock.now() + skewMs;
      reply.status = 429;
      reply.headers = { 'retry-after': new Date(now + 30_000).toUTCString(), date: new Date(now).toUTCString() };
    });
    expect(await t.sync()).toMatchObject({ landed: 1 });
    expect(t.clock.sleeps).toEqual([30_000]);
  }
});

test('the host of a cloud is enough for GRAPH_ROOT', () => {
  expect(graphRoot('https://graph.microsoft.us')).toBe('https://graph.microsoft.us/v1.0');
  expect(graphRoot('https://microsoftgraph.chinacloudapi.cn/')).toBe('https://microsoftgraph.chinacloudapi.cn/v1.0');
  expect(graphRoot('https://dod-graph.microsoft.us/v1.0/')).toBe('https://dod-graph.microsoft.us/v1.0');
  expect(graphRoot('http://127.0.0.1:7071/v1.0')).toBe('http://127.0.0.1:7071/v1.0');
});
