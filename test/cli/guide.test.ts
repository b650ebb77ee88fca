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
  const commandsOf = (command: string, lake: { data: string; url?: string } = { data: '.local' }) =>
    describeGuide({ steps: [step(command)] }, lake)
      .split('\n')
      .slice(3);
  expect(commandsOf('sluice whatif --model v1, sluice models promote v1')).toEqual([
    '    npx sluice whatif --model v1',
    '    npx sluice models promote v1',
  ]);
  expect(commandsOf('sluice upload ./folder, or sluice sources add', { data: 'my lake' })).toEqual([
    '    npx sluice upload ./folder --data "my lake"',
    '    npx sluice sources add --data "my lake"',
  ]);
  expect(commandsOf('sluice train decisions', { data: '.local', url: 'https://app.example' })).toEqual([
    '    npx sluice train decisions --url https://app.example',
  ]);
});
