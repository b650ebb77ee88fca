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
    describeGuide({ steps: [step(command)], unchecked: null }, lake)
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

test('labels that descriptions gave and nobody checked are warned of after the steps, with how to check them and the language', () => {
  const unchecked = { documents: 87, checked: 0, right: 0, wanted: 20 };
  const foreign = { encoder: 'mini-1', language: 'de', documents: 80, understands: ['en'] };
  const lines = describeGuide({ steps: [], unchecked: { ...unchecked, foreign } }, { data: 'my lake' }).split('\n');
  expect(lines.slice(0, 3)).toEqual([
    '! 87 labels come from descriptions alone and are unproven: nobody has checked any, 20 wanted.',
    '  80 of them are German, which the encoder did not understand when it was imported (it does read English): take one that knows German (docs/models.md, Encoders).',
    '  To check: npx sluice spot-check --data "my lake" draws documents, npx sluice decide <document-id> <label> --data "my lake" says what is right.',
  ]);
  const some = describeGuide(
    { steps: [], unchecked: { ...unchecked, checked: 5, right: 3, foreign: null } },
    { data: '.local' },
  );
  expect(some).toContain('5 checked so far, 3 right');
});
