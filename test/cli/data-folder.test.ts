import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataFolder } from '../../cli/data-folder.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-data-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const rightsOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const onPosix = test.skipIf(process.platform === 'win32');

onPosix('data folder: only its owner can look into it, also when an earlier version left it open', () => {
  const path = join(root, '.local');
  new DataFolder(path);
  expect(rightsOf(path)).toBe('700');
  chmodSync(path, 0o755);
  new DataFolder(path);
  expect(rightsOf(path)).toBe('700');
});

onPosix('data folder: a folder that held other things before keeps its rights; ours inside it are closed', () => {
  const path = join(root, 'mine');
  mkdirSync(path);
  chmodSync(path, 0o755);
  writeFileSync(join(path, 'notes.txt'), '');
  const folder = new DataFolder(path);
  expect(rightsOf(path)).toBe('755');
  folder.publish({
    pid: process.pid,
    lake: 'x',
    webJobsStorage: 'x',
    hostUrl: null,
    hostPid: null,
    simulatorUrl: null,
    isLlmOff: false,
  });
  expect(rightsOf(folder.keyFile())).toBe('600');
  expect(rightsOf(folder.file('state.json'))).toBe('600');
});

test('data folder: the key is random, of the form storage accounts have, and stays; a half-written one is replaced', () => {
  const folder = new DataFolder(join(root, 'a'));
  const key = readFileSync(folder.keyFile(), 'utf8');
  expect(Buffer.from(key, 'base64')).toHaveLength(64);
  expect(readFileSync(new DataFolder(join(root, 'a')).keyFile(), 'utf8')).toBe(key);
  expect(readFileSync(new DataFolder(join(root, 'b')).keyFile(), 'utf8')).not.toBe(key);
  writeFileSync(folder.keyFile(), key.slice(0, 20));
  expect(readFileSync(folder.keyFile(), 'utf8')).toMatch(/^[A-Za-z0-9+/]{86}==\n$/);
  expect(existsSync(folder.file('account.key'))).toBe(true);
});
