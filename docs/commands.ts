// Writes docs/commands.md from the command line itself: `npm run docs:commands`.
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { createProgram } from '../cli/program.ts';

/** Every command that does something, `models list` and the like by their whole name. */
export function commandsOf(command: Command, before: readonly string[] = []): { name: string; command: Command }[] {
  return command.commands.flatMap((one) => {
    const names = [...before, one.name()];
    return one.commands.length === 0 ? [{ name: names.join(' '), command: one }] : commandsOf(one, names);
  });
}

const ONLY_HERE = /\n\nOnly on this machine: (.*)\.$/s;

/** What keeps a command from an app of --url (`onlyHere` in cli/options.ts); undefined where nothing does. */
export const whyOnlyHere = (command: Command): string | undefined => ONLY_HERE.exec(command.description())?.[1];

/** The commands as a Markdown table. */
export function commandsMarkdown(): string {
  const rows = commandsOf(createProgram()).map(({ name, command }) => {
    const what = command.summary() || command.description();
    return `| \`${name}\` | ${what} | ${whyOnlyHere(command) ?? '✓'} |`;
  });
  return `# Commands

\`npx sluice <command>\`; each has \`--help\`, and with \`--json\` leaves one JSON document on stdout (\`extract\`: one a line, for each document that it reads). Without \`--url\` a command works on the lake of
this machine (\`--data\`, default \`.local\`) or the one that \`LAKE_DFS_ENDPOINT\` names. A command that only reads makes no data folder.
This page is written from \`cli/program.ts\` by \`npm run docs:commands\`.

| command | what it does | with \`--url\` |
|---|---|---|
${rows.join('\n')}
`;
}

if (import.meta.main) writeFileSync(new URL('commands.md', import.meta.url), commandsMarkdown());
