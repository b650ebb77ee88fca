// Promoting by force from the page: offered after a refusal that is about the judgement, and sent as the API takes it.
import { expect, test } from 'vitest';
import { canForce, promoteBody } from '../../../../dashboard/src/views/models/promote-request.ts';
import { promoteRequestSchema } from '../../../../shared/api/training.ts';
import { refusalToPromote } from '../../../../shared/models/promotion.ts';

test('force is offered for what promotion refuses about a judgement, and for nothing else', () => {
  const unmeasured = refusalToPromote({ version: 'v1', metrics: null });
  expect(canForce(unmeasured?.code)).toBe(true);
  expect(canForce('model.not-better')).toBe(true);
  for (const code of ['model.corrupt', 'model.checksum-mismatch', 'http-401', undefined])
    expect(canForce(code)).toBe(false);
});

test('the body is one that the API takes; force only where it was asked for', () => {
  expect(promoteRequestSchema.parse(promoteBody(' better ', false))).toEqual({ reason: 'better', force: false });
  expect(promoteRequestSchema.parse(promoteBody('known gap', true))).toEqual({ reason: 'known gap', force: true });
  expect(promoteBody('back', false)).toEqual({ reason: 'back' });
});
