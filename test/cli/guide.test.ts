import { expect, test } from 'vitest';
import { describeGuide } from '../../cli/commands/guide.ts';
import type { GuideStep } from '../../shared/api/guide.ts';

test('each command of the next step is a line of its own, to be pasted as it is', () => {
  const step = (command: string): GuideStep => ({
    ...{
      id: 'promote',
      state: 'next',
      case: null,
      title: 'Promote it',
      why: 'It proposes',
      left: null,
      leftCount: null,
    },
    ...{ cost: 'nothing', command, view: 'models/v1' },
  });
  const commandsOf = (command: string) =>
    describeGuide({ steps: [step(command)] })
      .split('\n')
      .slice(3);
  expect(commandsOf('sluice whatif --model v1, sluice models promote v1')).toEqual([
    '    sluice whatif --model v1',
    '    sluice models promote v1',
  ]);
  expect(commandsOf('sluice upload ./folder, or sluice sources add')).toEqual([
    '    sluice upload ./folder',
    '    sluice sources add',
  ]);
});
