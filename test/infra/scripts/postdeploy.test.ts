import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDeployedApp, subscribeUploads, UPLOAD_FUNCTION, whatIsWrong } from '../../../infra/scripts/postdeploy.ts';
import { bicepFiles, ROOT } from '../bicep.ts';
import { APP } from './deployed.ts';
import { fakeWorld, refusal } from './hook-deps.ts';

const KEYS = 'az functionapp keys list';
const DEPLOY = 'az deployment group create';
const answer = (status: number, body = '') => ({ status, body });
const ok = async () => answer(200);

describe('postdeploy', () => {
  test('wakes the app, waits for the key, subscribes; the key never passes through', async () => {
    const keys: (string[] | null)[] = [null, [], ['durabletask_extension', 'blobs_extension']];
    const answers = [undefined, answer(503, '<html>starting</html>'), answer(200)];
    const world = fakeWorld({
      [KEYS]: () => ({ code: 0, stdout: JSON.stringify(keys.shift()), stderr: '' }),
      [DEPLOY]: {},
    });
    const pinged: string[] = [];
    const probe = async (url: string) => {
      pinged.push(url);
      return answers.length > 1 ? answers.shift() : answers[0];
    };
    expect(await subscribeUploads(world, APP, probe)).toBe(0);
    expect(pinged).toHaveLength(4); // three until it answers, one right before the subscription
    const deploys = world.asked.filter((line) => line.startsWith(DEPLOY));
    expect(deploys).toHaveLength(1);
    expect(deploys[0]).toContain('functionName=documentUploaded');
    expect(
      world.asked.filter((line) => line.startsWith(KEYS)).every((line) => line.includes('--query keys(systemKeys)')),
    ).toBe(true);
  });

  test('says at once what the app finds wrong with its settings, and not twice', async () => {
    const wrong = answer(503, JSON.stringify({ problems: ['LLM_TPM is not a number: set it to 50000'] }));
    const answers = [wrong, wrong, answer(200)];
    const world = fakeWorld({});
    expect(await subscribeUploads(world, { ...APP, usesQueue: true }, async () => answers.shift())).toBe(0);
    expect(world.said.filter((line) => line.includes('LLM_TPM'))).toEqual([
      '✗ the app says: LLM_TPM is not a number: set it to 50000',
    ]);
  });

  test('a page of the platform says nothing, a problem document its title and detail', () => {
    expect(whatIsWrong('<html>503</html>')).toEqual([]);
    expect(whatIsWrong('null')).toEqual([]);
    expect(whatIsWrong('{"title":"Settings","detail":"LAKE is missing"}')).toEqual(['Settings: LAKE is missing']);
  });

  test('a refused validation is tried again, five times at most', async () => {
    let refusals = 2;
    const flaky = fakeWorld({
      [KEYS]: ['blobs_extension'],
      [DEPLOY]: () => (refusals-- > 0 ? refusal('ERROR: Webhook validation handshake failed') : undefined),
    });
    expect(await subscribeUploads(flaky, APP, ok)).toBe(0);
    const never = fakeWorld({
      [KEYS]: ['blobs_extension'],
      [DEPLOY]: () => refusal('ERROR: Webhook validation handshake failed'),
    });
    await expect(subscribeUploads(never, APP, ok)).rejects.toThrow('Webhook validation handshake failed');
    expect(never.asked.filter((line) => line.startsWith(DEPLOY))).toHaveLength(5);
  });

  test('gives up after ten minutes and says where to look', async () => {
    const silent = fakeWorld({});
    await expect(subscribeUploads(silent, APP, async () => undefined)).rejects.toThrow('docs/operations.md');
    const keyless = fakeWorld({ [KEYS]: () => refusal('ERROR: ServiceUnavailable') });
    await expect(subscribeUploads(keyless, APP, ok)).rejects.toThrow('webhook key');
    expect(keyless.asked.filter((line) => line.startsWith(KEYS))).toHaveLength(61);
  });

  test('with the queue there is nothing to subscribe', async () => {
    const world = fakeWorld({});
    expect(await subscribeUploads(world, { ...APP, usesQueue: true }, ok)).toBe(0);
    expect(world.asked).toEqual([]);
  });

  test('what it reads are outputs of main.bicep, what it passes are parameters of the events template', () => {
    const files = bicepFiles();
    const outputs = files.find(({ file }) => file === 'infra/main.bicep')?.outputs.map(({ symbol }) => symbol) ?? [];
    for (const script of ['postdeploy', 'postprovision', 'predown']) {
      const text = readFileSync(join(ROOT, `infra/scripts/${script}.ts`), 'utf8');
      const names = [...text.matchAll(/need\('([A-Za-z_]+)'\)|env\.([A-Z][A-Z_a-z]+)/g)].map((m) => m[1] ?? m[2]);
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) expect(outputs, `${script}: ${name}`).toContain(name);
    }
    const parameters = files
      .find(({ file }) => file === 'infra/events/main.bicep')
      ?.parameters.map(({ symbol }) => symbol);
    const world = fakeWorld({ [KEYS]: ['blobs_extension'], [DEPLOY]: {} });
    return subscribeUploads(world, APP, ok).then(() => {
      const line = world.asked.find((one) => one.startsWith(DEPLOY)) ?? '';
      expect([...line.matchAll(/ (\w+)=/g)].map((m) => m[1]).sort()).toEqual(parameters?.sort());
    });
  });

  test('the function it subscribes is the one that is registered', () => {
    const text = readFileSync(join(ROOT, 'functions/uploads.ts'), 'utf8');
    expect(text).toMatch(new RegExp(`storageBlob(<\\w+>)?\\(\\s*'${UPLOAD_FUNCTION}'`));
  });

  test('missing outputs are named together', () => {
    expect(() => readDeployedApp({})).toThrow('AZURE_RESOURCE_GROUP, AZURE_FUNCTION_APP_NAME, SERVICE_API_URI');
  });
});
