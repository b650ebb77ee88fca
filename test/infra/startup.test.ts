import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HEAVY, heavyAmong, loadFunctions } from '../../bench/startup.ts';
import { ROOT } from './bicep.ts';

test('startup: loading every function loads no heavy library', async () => {
  const { functions, modules } = await loadFunctions(join(ROOT, 'functions'), true);
  expect(functions).toBeGreaterThan(7);
  expect(modules.some((url) => url.endsWith('/shared/app.ts'))).toBe(true);
  expect(heavyAmong(modules)).toEqual([]);
  expect(modules.length).toBeLessThan(1700); // a cold start takes about 0.3 ms per module
});

test('startup: a heavy library would be noticed', () => {
  expect(
    heavyAmong([`file:///x/node_modules/${HEAVY[1]}/lib/index.js`, 'file:///x/node_modules/zod/index.js']),
  ).toEqual([HEAVY[1]]);
});
