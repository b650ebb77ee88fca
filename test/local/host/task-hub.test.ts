import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EventKind } from '../../../local/host/history.ts';
import { InstanceStore } from '../../../local/host/instances.ts';
import { TaskHub, TaskHubError } from '../../../local/host/task-hub.ts';

let folder: string;
let hub: TaskHub;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-hub-'));
  hub = new TaskHub(join(folder, 'sub', 'hub.sqlite'));
});
afterEach(() => {
  hub.close();
  rmSync(folder, { recursive: true, force: true });
});

test('task hub: a second opening is refused with the file and the remedy; after closing it is not', () => {
  expect(() => new TaskHub(hub.file)).toThrow(/hub\.sqlite is in use by another host process\. Stop that one/);
  hub.close();
  new TaskHub(hub.file).close();
});

test('task hub: one that is held by a process that is about to end is waited for', async () => {
  hub.close();
  const hold = `import { DatabaseSync } from 'node:sqlite';
    const held = new DatabaseSync(process.argv[1]);
    held.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; BEGIN EXCLUSIVE; COMMIT;');
    process.stdout.write('held');
    setTimeout(() => held.close(), 700);`;
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e'];
  const other = spawn(process.execPath, [...flags, hold, hub.file], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(other.stdout, 'data');
  expect(() => new TaskHub(hub.file)).toThrow('in use by another host process');
  new TaskHub(hub.file, { patienceMs: 20_000 }).close();
});

test('task hub: a file that is no database, and one of a newer version, are refused', () => {
  const other = join(folder, 'other.sqlite');
  writeFileSync(other, 'this is some text and certainly not a database file, but long enough to be read as one');
  expect(() => new TaskHub(other)).toThrow(TaskHubError);
  const newer = new TaskHub(join(folder, 'newer.sqlite'));
  newer.all('PRAGMA user_version=99');
  newer.close();
  expect(() => new TaskHub(join(folder, 'newer.sqlite'))).toThrow(/newer host/);
});

test('task hub: a transaction that throws changes nothing, and nested ones join the outer one', () => {
  const count = () => Number(hub.get('SELECT COUNT(*) AS n FROM setting')?.n);
  expect(() =>
    hub.transaction(() => {
      hub.transaction(() => hub.run("INSERT INTO setting(key, value) VALUES('a', '1')"));
      throw new Error('stop');
    }),
  ).toThrow('stop');
  expect(count()).toBe(0);
  expect(hub.setting('b', () => 'first')).toBe('first');
  expect(hub.setting('b', () => 'second')).toBe('first');
});

test('instances: a running one is never replaced, an ended one is, with all its traces', () => {
  const store = new InstanceStore(hub);
  const create = () => store.create({ id: 'x', name: 'f', version: null, input: '1' }, 5);
  expect(create()).toBe(true);
  expect(create()).toBe(false);
  const instance = store.find('x');
  if (!instance) throw new Error('the instance is missing');
  store.appendHistory('x', 0, [
    { EventType: EventKind.OrchestratorStarted, EventId: -1, IsPlayed: false, Timestamp: 't' },
  ]);
  store.deliver('x', null, { EventType: EventKind.EventRaised, Name: 'e' });
  store.end(instance, { status: 'Completed', output: '2' }, 6);
  expect(store.hasEvents('x')).toBe(false);
  expect(create()).toBe(true);
  expect(store.history('x')).toEqual([]);
});

test('instances: events of an execution that is gone are dropped, external ones reach the next execution', () => {
  const store = new InstanceStore(hub);
  store.create({ id: 'x', name: 'f', version: null, input: null }, 5);
  const before = store.find('x')?.executionId ?? '';
  store.deliver('x', before, { EventType: EventKind.TaskCompleted, TaskScheduledId: 0, Result: null });
  store.deliver('x', null, { EventType: EventKind.EventRaised, Name: 'kept' });
  store.continueAsNew('x', '3', 6);
  store.deliver('x', before, { EventType: EventKind.TaskCompleted, TaskScheduledId: 1, Result: null });
  const after = store.find('x');
  expect(after).toMatchObject({ input: '3', turns: 0, status: 'Running' });
  expect(store.nextEvent('x', after?.executionId ?? '')?.event).toEqual({
    EventType: EventKind.EventRaised,
    Name: 'kept',
  });
});

test('instances: a child that ends tells its parent in the same transaction', () => {
  const store = new InstanceStore(hub);
  store.create({ id: 'p', name: 'f', version: null, input: null }, 1);
  const parent = { id: 'p', executionId: store.find('p')?.executionId ?? '', taskId: 3 };
  store.create({ id: 'c', name: 'g', version: null, input: null, parent }, 1);
  const child = store.find('c');
  if (!child) throw new Error('the child is missing');
  expect(store.end(child, { status: 'Terminated', output: '"x"', reason: 'stopped' }, 2)).toBe('p');
  expect(store.nextEvent('p', parent.executionId)?.event).toMatchObject({
    EventType: EventKind.SubOrchestrationInstanceFailed,
    TaskScheduledId: 3,
    Reason: 'stopped',
  });
});

test('task hub: a full disk is named as such, what was begun is undone, and it goes on when there is room', () => {
  const pages = Number(hub.all('PRAGMA page_count')[0]?.page_count);
  hub.all(`PRAGMA max_page_count=${pages + 1}`);
  const fill = () =>
    hub.transaction(() => {
      for (let i = 0; i < 50; i++) hub.run('INSERT INTO setting(key, value) VALUES(?, ?)', `k${i}`, 'x'.repeat(4000));
    });
  expect(fill).toThrow(/The disk is full: .*hub\.sqlite cannot grow/);
  expect(hub.get('SELECT COUNT(*) AS n FROM setting')?.n).toBe(0);
  hub.all(`PRAGMA max_page_count=${pages + 1000}`);
  fill();
  expect(hub.get('SELECT COUNT(*) AS n FROM setting')?.n).toBe(50);
});
