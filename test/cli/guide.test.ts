import { afterEach, expect, test, vi } from 'vitest';
import { describeGuide } from '../../cli/commands/guide.ts';
import { printable } from '../../cli/printable.ts';
import type { GuideStep } from '../../shared/api/guide.ts';

afterEach(() => void vi.unstubAllEnvs());

test('on a screen with colours the guide is plain text too: what goes to stdout has no escape sequences left', () => {
  vi.stubEnv('FORCE_COLOR', '1');
  const step: GuideStep = {
    ...{ id: 'promote', case: null, title: 'Promote it', why: 'It proposes', left: null, leftCount: null },
    ...{ state: 'next', cost: 'nothing', command: 'sluice models promote v1', view: 'models/v1' },
  };
  const unchecked = { documents: 87, checked: 0, right: 0, wanted: 20, foreign: null };
  const said = describeGuide({ steps: [step, { ...step, state: 'later' }], unchecked }, { data: '.local' }, 100);
  expect(said).toContain('→ Promote it');
  expect(printable(said)).toBe(said);
  expect(said).not.toContain('\x1b');
});

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
    describeGuide({ steps: [step(command)], unchecked: null }, lake, 100)
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
  const said = (checked: typeof unchecked, given: typeof foreign | null) =>
    describeGuide({ steps: [], unchecked: { ...checked, foreign: given } }, { data: 'my lake' }, 80).split('\n');
  expect(said(unchecked, foreign).slice(1, -1)).toEqual([
    '! 87 labels come from descriptions alone and are unproven: nobody has checked',
    'any, 20 wanted. 80 of the documents are in German, which the encoder did not',
    'understand when it was imported (it does read English): take one that knows',
    'German (docs/models.md, Encoders).',
    '    npx sluice spot-check --limit 20 -o checks.csv --data "my lake"',
    '    npx sluice decide --from checks.csv --data "my lake"',
  ]);
  expect(said({ ...unchecked, checked: 5, right: 3 }, null).join(' ')).toContain(
    '5 checked so far, 3 right, 20 wanted.',
  );
});

test('sentences keep to the width of the terminal, commands stay whole', () => {
  const step: GuideStep = {
    ...{ id: 'review', state: 'next', case: null, title: 'Decide', left: '30 to go', leftCount: 30, view: 'review' },
    ...{ why: `They ${'come in an order '.repeat(9)}`.trim(), cost: 'a quarter of an hour' },
    command: 'sluice review --order teaching --limit 30 -o review.csv, sluice decide --from review.csv',
  };
  const lines = describeGuide({ steps: [step], unchecked: null }, { data: 'a-folder-with-a-name' }, 60).split('\n');
  const commands = lines.filter((line) => line.includes('npx sluice'));
  expect(commands).toHaveLength(2);
  expect(commands[0]).toMatch(/-o review\.csv --data "a-folder-with-a-name"$/);
  expect(lines.join(' ').replaceAll(/ +/g, ' ')).toContain('fill in the column label of review.csv');
  for (const line of lines.filter((each) => !commands.includes(each))) expect(line.length).toBeLessThanOrEqual(60);
});
