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
export const maxCost = () => new Option('--max-cost <usd>', 'money the LLM may cost').argParser(number);
export const mode = () => new Option('--mode <mode>', 'how the LLM is asked').choices(['live', 'batch', 'auto']);
export const deadline = () =>
  new Option('--deadline <hours>', 'hours the run may take; a day lets large runs go by the Batch API').argParser(
    number,
  );
export const textColumn = () => new Option('--text-column <name>', 'column with the text').default('text');
export const labelColumn = () => new Option('--label-column <name>', 'column with the label').default('label');

/** Options of commands that talk to a running host. */
export const remote = (command: Command): Command =>
  command
    .option('--url <url>', 'the app, when it is not the local one')
    .option('--key <key>', 'its function key')
    .addOption(data())
    .addOption(json());
