// Options that several commands share.
import { existsSync, statSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { whyNoFile, whyNotWritable } from './local-files.ts';

/** A number in bounds, or wrong usage. */
export const number =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < min || value > max)
      throw new InvalidArgumentError(`must be a number from ${min} to ${max}`);
    return value;
  };
export const whole =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}`);
    return value;
  };
export const share = number(0, 1);
export const port = whole(0, 65_535);

const matching =
  (pattern: RegExp, need: string) =>
  (text: string): string => {
    if (!pattern.test(text)) throw new InvalidArgumentError(`must be ${need}`);
    return text;
  };
export const someText = matching(/\S/, 'some text');
/** The same for an argument that may be repeated. */
export const words = (text: string, before: string[] | undefined): string[] => [...(before ?? []), someText(text)];
export const version = matching(/^v[1-9]\d{0,8}$/, 'a version like v3');
export const encoderName = matching(
  /^\S(?:.{0,98}\S)?$/,
  'a version as `sluice encoder list` shows it, a name in EMBEDDING_DEPLOYMENTS, or none',
);
export const id = matching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, 'an id as `sluice runs` shows it');
/** The same for an argument that may be repeated. */
export const ids = (text: string, before: string[] | undefined): string[] => [...(before ?? []), id(text)];
export const documentId = matching(/^[0-9a-f]{64}$/, '64 hex digits, as `sluice review` shows them');
export const sourceName = matching(
  /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
  'lower-case letters, digits and dashes, 40 at most',
);
export const columnName = matching(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'the internal name of a column, e.g. SluiceLabel');
export const time = (text: string): string => {
  if (!/^\d{4}-\d\d-\d\dT/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('must be a time like 2026-03-31T00:00:00Z');
  return text;
};
export const address = (text: string): string => {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError('must be an address like https://<app>.azurewebsites.net');
  return text;
};
/** A file or folder of this machine. */
export const existing = (path: string): string => {
  if (path === '' || !existsSync(path)) throw new InvalidArgumentError('does not exist');
  return path;
};
/** The same for an argument that may be repeated. */
export const allExisting = (path: string, before: string[] | undefined): string[] => [
  ...(before ?? []),
  existing(path),
];
/** Servers that the simulator plays: local/emulators/openai-profiles.ts, whose data this process does not load. */
export const SERVER_PROFILE_NAMES = [
  'azure-chat',
  'azure-reasoning',
  'ollama',
  'vllm',
  'llama.cpp',
  'litellm',
  'openrouter',
  'mistral',
  'deepseek',
  'gemini',
];
/** A file of this machine that can be read. */
export const existingFile = (path: string): string => refuseFor(path, path === '' ? 'does not exist' : whyNoFile(path));
/** A file that will be written. */
export const newFile = (path: string): string =>
  refuseFor(path, path.trim() === '' ? 'has no name' : whyNotWritable(path));
/** A folder that will be made, or is there. */
export const newFolder = (path: string): string =>
  refuseFor(
    path,
    path.trim() === '' ? 'has no name' : existsSync(path) && !statSync(path).isDirectory() ? 'is a file' : undefined,
  );
const refuseFor = (path: string, why: string | undefined): string => {
  if (why !== undefined) throw new InvalidArgumentError(why);
  return path;
};
/** Where the local cloud is when nothing else is said. */
export const DATA_FOLDER = '.local';
export const data = () =>
  new Option('--data <folder>', 'folder of the local cloud').default(DATA_FOLDER).argParser(someText);
export const json = (what = 'print one JSON document on stdout') => new Option('--json', what).default(false);
export const maxCost = () => new Option('--max-cost <usd>', 'money the LLM may cost').argParser(number(0, 1_000_000));
export const mode = () => new Option('--mode <mode>', 'how the LLM is asked').choices(['live', 'batch', 'auto']);
export const deadline = () =>
  new Option('--deadline <hours>', 'hours the run may take; a day lets large runs go by the Batch API').argParser(
    number(0.1, 720),
  );
export const textColumn = () => new Option('--text-column <name>', 'column with the text').default('text');
export const labelColumn = () => new Option('--label-column <name>', 'column with the label').default('label');

/** A command that no --url can send elsewhere. @param why  told by its --help */
export const onlyHere = (command: Command, why: string): Command =>
  command.summary(command.description()).description(`${command.description()}\n\nOnly on this machine: ${why}.`);

/** Options of commands that talk to a running host. */
export const remote = (command: Command): Command =>
  command
    .option('--url <url>', 'the app, when it is not the local one', address)
    .option('--key <key>', 'its function key')
    .addOption(data())
    .addOption(json());
