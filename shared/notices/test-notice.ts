// A message that only shows that messages arrive.
import type { Config } from '../config.ts';
import type { Notice } from './notice.ts';
import { linkTo } from './tell.ts';

/** @param nowMs  epoch ms */
export const testNotice = (config: Config, nowMs: number): Notice => ({
  id: `test-${nowMs}`,
  kind: 'test',
  title: 'Sluice: a test',
  lines: ['Alarms and the weekly digest will arrive here.'],
  link: linkTo(config, 'runs'),
});
