// Commands that the documentation tells to type: the command line knows them, and every option they have.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { marked } from 'marked';
import { expect, test } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { PAGES } from '../../docs/site/pages.ts';

const ROOT = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
const program = createProgram();

/** Lines of code blocks and code within lines, without comments. */
function codeOf(source: string): string[] {
  const code: string[] = [];
  marked.walkTokens(marked.lexer(readFileSync(join(ROOT, source), 'utf8')), (token) => {
    if (token.type === 'code') code.push(...token.text.replaceAll('\\\n', ' ').split('\n'));
    if (token.type === 'codespan') code.push(token.text.replaceAll('\n', ' '));
  });
  return code.map((line) => line.replace(/(^|\s)#.*$/, ''));
}

/** A command that is typed: `npx sluice …`, `sluice …`, `npm start -- …`; what pipes and other commands of the line add is cut off. */
const typed = /(?:^|&& |; )(?:npx )?(?:sluice|npm (?:-s |run --silent )?(?:(start)|run ([\w:]+)))(?= |$)([^|;&<>]*)/g;

/** What is wrong with the words after `sluice`, undefined when nothing is. */
function faultOf(words: readonly string[]): string | undefined {
  let command: Command = program;
  const rest = [...words];
  for (let next = command; next !== undefined; ) {
    command = next;
    next = command.commands.find((one) => one.name() === rest[0]) as Command;
    if (next !== undefined) rest.shift();
  }
  if (command === program && rest.length > 0 && !/^[-[<…]/.test(rest[0] ?? '')) return `no command ${rest[0]}`;
  const known = [...command.options, ...program.options].flatMap(({ long, short }) => [long, short]);
  const unknown = rest
    .filter((word) => /^--?[a-z]/.test(word))
    .filter((word) => !known.includes(word.replace(/=.*/, '')) && word !== '--help');
  return unknown.length === 0 ? undefined : `${command.name()} has no ${unknown.join(' ')}`;
}

const told = PAGES.flatMap(({ source }) =>
  codeOf(source).flatMap((line) =>
    [...line.matchAll(typed)].map(([all, start, script, after = '']) => {
      const words = after
        .replace(/"[^"]*"|'[^']*'/g, 'text')
        .split(/\s+/)
        .filter((word) => word !== '' && word !== '--');
      return { source, all, script: start ?? script, words: start === undefined ? words : ['start', ...words] };
    }),
  ),
);

test('commands of the documentation are commands, with options that they have', () => {
  const commands = told.filter(({ script }) => script === undefined || script === 'start');
  expect(commands.length).toBeGreaterThan(100);
  const wrong = commands.flatMap(({ source, all, words }) => {
    const fault = faultOf(words);
    return fault === undefined ? [] : [`${source}: ${all.trim()}: ${fault}`];
  });
  expect(wrong).toEqual([]);
});

test('scripts of npm that the documentation names are in package.json', () => {
  const named = told.flatMap(({ source, script }) => (script === undefined ? [] : [`${source}: ${script}`]));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !Object.hasOwn(scripts, name.split(': ')[1] ?? ''))).toEqual([]);
});

test('benchmarks that the documentation names are there', () => {
  const named = told
    .filter(({ script }) => script === 'bench')
    .map(({ words }) => words.find((word) => !word.startsWith('-')));
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => name !== undefined && !existsSync(join(ROOT, `bench/${name}.ts`)))).toEqual([]);
});

test('variables that somebody is told to set are those of docs/deploy.md', () => {
  const deploy = readFileSync(join(ROOT, 'docs/deploy.md'), 'utf8');
  const table = new Set(
    [...deploy.matchAll(/^\| (`[A-Z].*?`) \|/gm)].flatMap(([, names = '']) => names.match(/[A-Z_]+/g) ?? []),
  );
  const hooks = readdirSync(join(ROOT, 'infra/scripts')).map((name) => `infra/scripts/${name}`);
  const advised = [...PAGES.map(({ source }) => source), ...hooks].flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/azd env set ([A-Z_]+)/g)].map(([, name = '']) => ({
      file,
      name,
    })),
  );
  expect(advised.length).toBeGreaterThan(15);
  expect(advised.filter(({ name }) => name !== 'NAME' && !table.has(name))).toEqual([]);
});

test('a command or an option that is not there would be found', () => {
  expect(faultOf(['taxonomy', 'check', 'mine.json'])).toBeUndefined();
  expect(faultOf(['taxonomy', 'check', '--nonsense'])).toBe('check has no --nonsense');
  expect(faultOf(['nonsense'])).toBe('no command nonsense');
});
