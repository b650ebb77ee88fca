// Options that several commands share.
import { type Command, InvalidArgumentError, Option } from 'commander';

/** A number, or wrong usage. */
export const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('must be a number');
  return value;
};
export const data = () => new Option('--data <folder>', 'folder of the local cloud').default('.local');
export const json = () => new Option('--json', 'print one JSON document on stdout').default(false);
export const textColumn = () => new Option('--text-column <name>', 'column with the text').default('text');
export const labelColumn = () => new Option('--label-column <name>', 'column with the label').default('label');

/** Options of commands that talk to a running host. */
export const remote = (command: Command): Command =>
  command
    .option('--url <url>', 'the app, when it is not the local one')
    .option('--key <key>', 'its function key')
    .addOption(data())
    .addOption(json());
