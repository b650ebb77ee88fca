// Conformance of the durable engine: what durable-functions 3.5 expects of a host, driven through the real SDK in a child process.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HostProcess, type Status, temporaryFolder } from './host-process.ts';

/** Of what a real engine does in its own time: it polls its queues. */
const LONG = { timeout: 60_000 };

const folder = temporaryFolder();
let host: HostProcess;

beforeAll(async () => {
  host = await HostProcess.start({ app: 'durable', hub: join(folder.path, 'hub.sqlite') });
});

afterAll(async () => {
  await host?.stop();
  folder.remove();
});

describe('orchestrations', () => {
  test('chain: three activities in a row hand their results on', async () => {
    expect(await host.complete('chain', 4)).toMatchObject({ runtimeStatus: 'Completed', output: 7 });
  });

  test('fan-out: three activities in parallel give results in the order of the calls', async () => {
    expect((await host.complete('fanOut', 3)).output).toEqual([1, 2, 3]);
  });

  test('any(event, timer): the event wins, the timer is cancelled and its id is not reused', async () => {
    const id = await host.begin('eventOrTimer');
    await host.post(`instances/${id}/raiseEvent/approve`, { by: 'alice' });
    expect(await host.until(id)).toMatchObject({
      runtimeStatus: 'Completed',
      output: { approved: { by: 'alice' }, after: 42 },
    });
  });

  test('retry: two parallel groups succeed on the third attempt beside plain activities', async () => {
    expect((await host.complete('parallelRetries')).output).toEqual({ first: [3, 3, 2, 3], second: 10 });
  });

  test('retry exhaustion: the last failure is followed by a timer, so the orchestrator sees the error', async () => {
    expect((await host.complete('retryExhaustion')).output).toEqual({
      message: "Activity function 'flaky' failed:  attempt 3 failed ", // the extension cuts at `Exception:` and leaves the blank
      next: 2,
    });
  });

  test('sub-orchestration: a failing child is caught by its parent, which goes on with another', async () => {
    const { output } = await host.complete('catchesChild');
    expect(output).toMatchObject({
      sum: 4,
      message: expect.stringContaining("Orchestrator function 'failing' failed: child is broken"),
    });
  });

  test('failure: the status shows the function and the message', async () => {
    expect(await host.complete('failing')).toMatchObject({
      runtimeStatus: 'Failed',
      output: "Orchestrator function 'failing' failed: child is broken",
    });
  });

  test('failed Task.all: the next action waits until the other tasks have ended', async () => {
    expect(await host.complete('afterFailedAll')).toMatchObject({ runtimeStatus: 'Completed', output: ['ended'] });
  });

  test('unknown activity: the orchestration waits for ever and can be terminated', async () => {
    const id = await host.begin('unknownActivity');
    await host.until(id, (status) => status.runtimeStatus === 'Running');
    await host.complete('chain', 1); // others go on
    expect(await host.status(id)).toMatchObject({ runtimeStatus: 'Running', output: null });
    await host.post(`instances/${id}/terminate?reason=nobody`);
    expect(await host.until(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'nobody' });
  });

  test('external event: events raised before the wait are received in order', async () => {
    const id = await host.begin('eventsLater');
    await host.post(`instances/${id}/raiseEvent/early`, 1);
    await host.post(`instances/${id}/raiseEvent/early`, 2);
    expect((await host.until(id)).output).toEqual([1, 2]);
  });

  test('external event: two waits for one name are served last in, first out', async () => {
    const id = await host.begin('twoWaits');
    await host.until(id, (status) => status.customStatus === 'waiting');
    await host.post(`instances/${id}/raiseEvent/same`, 1);
    await host.post(`instances/${id}/raiseEvent/same`, 2);
    expect((await host.until(id)).output).toEqual([2, 1]);
  });

  test('continueAsNew: twice, with a fresh history and the same id', async () => {
    const id = await host.begin('again');
    await host.until(id);
    const status = await host.status(id, '?showHistory=true&showHistoryOutput=true');
    expect(status.output).toEqual({ round: 2, sum: 3 });
    expect(status.historyEvents?.filter((event) => event.EventType === 'TaskCompleted')).toHaveLength(1);
  });

  test('sub-orchestration: an id that is running is not started again; the parent waits for ever', async () => {
    const id = await host.begin('sameChildTwice');
    const calls = (status: Status) =>
      status.historyEvents?.filter((event) => String(event.EventType).startsWith('SubOrchestrationInstance')) ?? [];
    await expect.poll(async () => calls(await host.status(id, '?showHistory=true')).length, LONG).toBe(2);
    await host.post(`instances/${id}-child/raiseEvent/go`, 1);
    await host.until(`${id}-child`);
    const answered = async () =>
      calls(await host.status(id, '?showHistory=true')).some((event) => String(event.EventType).endsWith('Completed'));
    await expect.poll(answered, LONG).toBe(true); // the first call has its answer
    expect((await host.status(id)).runtimeStatus).toBe('Running');
    await host.post(`instances/${id}/terminate?reason=done`);
    expect((await host.until(id)).runtimeStatus).toBe('Terminated');
  });

  test('callHttp: a 202 is polled until the final answer, and later ids still fit', async () => {
    let polls = 0;
    const server = createServer((request, response) => {
      if (request.url === '/job') return response.writeHead(202, { location: '/poll', 'retry-after': '0' }).end();
      polls++;
      return polls < 3
        ? response.writeHead(202, { location: '/poll', 'retry-after': '0' }).end()
        : response.end('finished');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { output } = await host.complete('httpPolling', `http://127.0.0.1:${port}/job`);
    server.close();
    expect(output).toEqual({ status: 200, content: 'finished', after: 2 });
    expect(polls).toBe(3);
  });
});

describe('entities', () => {
  test('callEntity: results come back, and an error of an operation is thrown in the orchestrator', async () => {
    expect((await host.complete('entityCalls')).output).toEqual({ sum: 5, value: 5, error: '[object Object]' });
  });

  test('signal in a catch block: it is delivered although the orchestration then fails', async () => {
    const status = await host.complete('signalThenFail');
    expect(status.runtimeStatus).toBe('Failed');
    expect(status.output).toContain('after the signal');
    await expect.poll(async () => (await host.durable(`entities/counter/${status.instanceId}`)).text(), LONG).toBe('5');
  });

  test('signals between entities: delivered after the state is stored', async () => {
    await host.post('entities/Counter/source?op=add', 4);
    await host.post('entities/Counter/source?op=forward');
    await expect.poll(async () => (await host.durable('entities/counter/target')).text(), LONG).toBe('4');
    const listed = (await (await host.durable('entities/counter?fetchState=true')).json()) as {
      entityId: object;
      state: unknown;
    }[];
    expect(listed).toContainEqual(expect.objectContaining({ entityId: { name: 'counter', key: 'target' }, state: 4 }));
    await host.post('entities/Counter/target?op=delete');
    await expect.poll(async () => (await host.durable('entities/counter/target')).status, LONG).toBe(404);
  });
});

describe('management', () => {
  test('startNew without input: the orchestrator sees the empty string', async () => {
    const response = await host.fetch('/api/begin/echoInput', { method: 'POST' });
    const { id } = (await response.json()) as { id: string };
    expect((await host.until(id)).output).toEqual({ input: '', seen: 'string' });
  });

  test('createCheckStatusResponse: URLs carry the port of this host', async () => {
    const response = await host.fetch('/api/begin/chain', { method: 'POST', body: '1' });
    expect(response.status).toBe(202);
    const urls = (await response.json()) as Record<string, string>;
    expect(host.port).not.toBe(7071);
    expect(new URL(urls.statusQueryGetUri ?? '').port).toBe(String(host.port));
    await host.until(urls.id ?? '');
    expect(await (await fetch(urls.statusQueryGetUri ?? '')).json()).toMatchObject({
      runtimeStatus: 'Completed',
      output: 4,
    });
  });

  test('same id: a second start is refused with 409 while the first runs, and replaces it afterwards', async () => {
    await host.begin('waitForGo', undefined, 'only-one');
    expect((await host.post('orchestrators/waitForGo/only-one')).status).toBe(409);
    await host.post('instances/only-one/raiseEvent/go', 1);
    await host.until('only-one');
    expect((await host.post('orchestrators/chain/only-one', 1)).status).toBe(202);
    expect(await host.until('only-one')).toMatchObject({ name: 'chain', output: 4 });
  });

  test('terminate, suspend, resume: a suspended instance keeps its events and takes them up again', async () => {
    const id = await host.begin('waitForGo');
    await host.until(id, (status) => status.runtimeStatus === 'Running');
    expect((await host.post(`instances/${id}/suspend?reason=pause`)).status).toBe(202);
    await host.post(`instances/${id}/raiseEvent/go`, 'kept');
    await host.until(id, (status) => status.runtimeStatus === 'Suspended');
    expect((await host.post(`instances/${id}/resume?reason=on`)).status).toBe(202);
    expect(await host.until(id)).toMatchObject({ runtimeStatus: 'Completed', output: 'kept' });
    expect((await host.post(`instances/${id}/terminate?reason=late`)).status).toBe(410);
    const other = await host.begin('waitForGo');
    expect((await host.post(`instances/${other}/terminate?reason=enough`)).status).toBe(202);
    expect(await host.until(other)).toMatchObject({ runtimeStatus: 'Terminated', output: 'enough' });
    expect((await host.post('instances/nobody/terminate?reason=x')).status).toBe(404);
  });

  test('list: pages with a continuation token until nothing is left, each instance once', async () => {
    for (let i = 0; i < 5; i++) await host.begin('chain', 0, `paged-${i}`);
    const seen: string[] = [];
    let token = '';
    do {
      const response = await host.durable(
        'instances?top=2&instanceIdPrefix=paged-',
        token === '' ? {} : { headers: { 'x-ms-continuation-token': token } },
      );
      seen.push(...((await response.json()) as { instanceId: string }[]).map((status) => status.instanceId));
      token = response.headers.get('x-ms-continuation-token') ?? '';
    } while (token !== '');
    expect(seen.toSorted()).toEqual(['paged-0', 'paged-1', 'paged-2', 'paged-3', 'paged-4']);
  });

  test('SDK client: status, event, entity, purge and list of all work against this host', async () => {
    const call = async (name: string, id: string) => host.fetch(`/api/client/${name}/${id}`, { method: 'POST' });
    const id = await host.begin('waitForGo');
    await call('event', id);
    expect(await (await call('wait', id)).json()).toEqual({ by: 'client' });
    expect(await (await call('status', id)).json()).toMatchObject({ runtimeStatus: 'Completed', instanceId: id });
    expect(await (await call('all', 'x')).json()).toContain(id);
    await call('signal', 'by-client');
    await expect
      .poll(async () => (await (await call('entity', 'by-client')).json()) as object, LONG)
      .toMatchObject({ entityExists: true, entityState: 7 });
    expect(await (await call('purge', id)).json()).toMatchObject({ instancesDeleted: 1 });
    expect((await host.durable(`instances/${id}`)).status).toBe(404);
  });

  test('purge by filter: needs a time; of one status it spares the others', async () => {
    await host.complete('chain', 1);
    const id = await host.begin('waitForGo');
    await host.until(id, (status) => status.runtimeStatus === 'Running');
    const purge = (query: string) => host.durable(`instances?${query}`, { method: 'DELETE' });
    expect((await purge('runtimeStatus=Completed')).status).toBe(400);
    const purged = await purge('createdTimeFrom=2020-01-01T00:00:00Z&runtimeStatus=Completed');
    expect(((await purged.json()) as { instancesDeleted: number }).instancesDeleted).toBeGreaterThan(0);
    expect((await host.status(id)).runtimeStatus).toBe('Running');
    const all = await purge('createdTimeFrom=2020-01-01T00:00:00Z'); // without a status what runs goes too
    expect(((await all.json()) as { instancesDeleted: number }).instancesDeleted).toBeGreaterThan(0);
    expect((await host.durable(`instances/${id}`)).status).toBe(404);
  });

  test('bad starts: an unknown function is accepted and fails, any id is taken, bad JSON is 500', async () => {
    const { runtimeStatus, output } = await host.complete('nobody');
    expect(runtimeStatus).toBe('Failed');
    expect(output).toContain(
      "Orchestrator function 'nobody' failed: The function 'nobody' doesn't exist, is disabled, or is not an orchestrator function. Additional info: The following are the known orchestrator functions: '",
    );
    for (const id of ['%40id', 'a%23b', 'a'.repeat(300)]) {
      expect((await host.post(`orchestrators/chain/${id}`, 1)).status).toBe(202);
      expect((await host.until(id)).output).toBe(4);
    }
    expect((await host.durable('orchestrators/chain', { method: 'POST', body: '{' })).status).toBe(500);
  });

  test('bad events: a wrong content type is 400, an unknown instance 404', async () => {
    const id = await host.begin('waitForGo');
    await host.until(id, (status) => status.runtimeStatus === 'Running');
    const event = { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } };
    expect((await host.durable(`instances/${id}/raiseEvent/go`, event)).status).toBe(400);
    expect((await host.post('instances/nobody/raiseEvent/go', 1)).status).toBe(404);
  });
});
