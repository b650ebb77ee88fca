// What a command that is told to be typed next needs to speak of the same lake.
import type { LakeOptions } from './at-lake.ts';
import { DATA_FOLDER } from './options.ts';

/** With a space before it; nothing where the lake is the one that commands take by themselves. */
export const lakeOption = ({ data, url }: Pick<LakeOptions, 'data' | 'url'>): string =>
  url === undefined ? (data === DATA_FOLDER ? '' : ` --data ${JSON.stringify(data)}`) : ` --url ${url}`;
