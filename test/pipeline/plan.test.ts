import { expect, test } from 'vitest';
import { batchId } from '../../shared/ids.ts';
import { runPaths } from '../../shared/paths.ts';
import { PLAN_WINDOW, planRun } from '../../shared/pipeline/plan.ts';
import { readBatch } from '../../shared/pipeline/records.ts';
import { createRun } from '../../shared/pipeline/start-run.ts';
import type { LakeFile } from '../../shared/ports.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';

const source = { kind: 'prefix' as const, container: 'imports' as const, prefix: 'letters' };

/** `count` files that exist in the listing only. */
async function worldOf(count: number, settings: Record<string, string> = {}): Promise<FakeWorld & { runId: string }> {
  const world = await fakeWorld(settings);
  async function* listing(): AsyncIterable<LakeFile> {
    for (let n = 0; n < count; n++)
      yield {
        path: `letters/${String(n).padStart(8, '0')}.txt`,
        sizeBytes: 100 + (n % 7),
        etag: `"${n}"`,
        lastModified: 0,
      };
  }
  world.imports.list = listing;
  const { runId } = await createRun(world.services, { source });
  return Object.assign(world, { runId });
}

test('a listing longer than the window is planned window by window, and each file is in one batch', async () => {
  const count = PLAN_WINDOW + 500;
  const { services, runId } = await worldOf(count);
  const plan = await planRun(services, runId);
  expect(plan.sources).toBe(count);
  const seen = new Set<string>();
  for (let index = 0; index < plan.batches; index++) {
    const { sources } = await readBatch(services.lake, runId, batchId(index));
    expect(sources.length).toBeLessThanOrEqual(services.config.BATCH_MAX_DOCUMENTS);
    for (const { path } of sources) seen.add(path);
  }
  expect(seen.size).toBe(count);
});

test('a batch file that cannot be written leaves no plan, whichever of those under way it is', async () => {
  for (const broken of [0, 1, 7, 19, 20]) {
    const world = await worldOf(21 * 16, { BATCH_MAX_DOCUMENTS: '16' });
    world.onEffect = (what) => {
      if (what === `lake.write ${runPaths.planBatch(world.runId, batchId(broken))}`) throw new Error('storage is away');
    };
    await expect(planRun(world.services, world.runId)).rejects.toThrow('storage is away');
    expect(await world.lake.stat(runPaths.plan(world.runId))).toBeUndefined();
    world.onEffect = undefined;
    expect((await planRun(world.services, world.runId)).batches).toBe(21);
  }
});

test('more files than a run may have are refused with the limit’s name', async () => {
  const { services, runId } = await worldOf(101, { RUN_MAX_DOCUMENTS: '100' });
  await expect(planRun(services, runId)).rejects.toThrow('RUN_MAX_DOCUMENTS');
});
