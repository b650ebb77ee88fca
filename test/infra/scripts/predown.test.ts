import { expect, test } from 'vitest';
import { predown } from '../../../infra/scripts/predown.ts';
import { fakeWorld, refusal } from './hook-deps.ts';

const ENV = { AZURE_RESOURCE_GROUP: 'rg-tax-prod' };

test('predown: refuses while a lock protects the lake, and says how to remove it', async () => {
  const world = fakeWorld({ 'az lock list': [{ name: 'keep-the-lake', id: '/locks/keep-the-lake' }] }, ENV);
  expect(await predown(world)).toBe(1);
  expect(world.said.join('\n')).toContain('az lock delete --ids /locks/keep-the-lake');
  expect(world.asked.every((line) => line.startsWith('az lock list'))).toBe(true);
});

test('predown: tells what is lost and goes on without a lock', async () => {
  const world = fakeWorld({ 'az lock list': [] }, ENV);
  expect(await predown(world)).toBe(0);
  expect(world.said.join('\n')).toContain('azcopy copy');
});

test('predown: an environment that was never provisioned, or locks that cannot be listed, do not stop it', async () => {
  expect(await predown(fakeWorld({}))).toBe(0);
  const world = fakeWorld({ 'az lock list': () => refusal('ERROR: forbidden') }, ENV);
  expect(await predown(world)).toBe(0);
  expect(world.said.join('\n')).toContain('could not be listed');
});
