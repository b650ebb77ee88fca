import { expect, test } from 'vitest';
import { describeCold } from '../../cli/describe-cold.ts';

test('cold start: how far descriptions can be trusted is said as far as people have checked it', () => {
  const said = (basis: 'unchecked' | 'empirical' | 'missed', checked: number, right: number) =>
    describeCold({ accept: 0.523, basis, checked, right });
  expect(describeCold(null)).toBe('nobody has checked how often that is right');
  expect(said('unchecked', 0, 0)).toBe('nobody has checked how often that is right');
  expect(said('unchecked', 7, 6)).toBe(
    'people agreed with 6 of the 7 they checked; from 20 on its threshold follows them',
  );
  expect(said('unchecked', 30, 6)).toMatch(/of what it was sure of too few were checked$/);
  expect(said('empirical', 40, 38)).toMatch(/38 of the 40 .* decided alone from confidence 0\.52 on$/);
  expect(said('missed', 40, 20)).toMatch(/too few, so it decided nothing alone$/);
});
