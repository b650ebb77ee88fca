// Parts of `npm run bench all` about the lake: rows, tables, SQL and search.
import { join } from 'node:path';
import { here, inFolder, line, measured, type Options, other, type Told } from './line.ts';

interface RowsResult {
  found: {
    rows: number;
    isAppend: boolean;
    ms: number;
    beforeMs?: number;
    wallMs: number;
    beforeWallMs?: number;
  }[];
}

export function rows({ against }: Options): Told[] {
  const { found } = measured(here, 'rows', ['--appended', '100000', ...other(against)]) as RowsResult; // as above
  return found.flatMap(({ rows: count, isAppend, ms, beforeMs, wallMs, beforeWallMs }) => {
    const what = `${count} result rows to ${isAppend ? 'data files of an append' : 'data files'}`;
    const cpu = line('rows', `${what}, CPU`, 'ms', ms, beforeMs);
    return isAppend ? [cpu, line('rows', `${what}, wall`, 'ms', wallMs, beforeWallMs)] : [cpu];
  });
}

interface LakeResult {
  measurements: { name: string; ms: number; peakRssMb: number }[];
}

/** Both builds have it: each runs its own, on a storage of its own. */
export function lake({ against }: Options): Told[] {
  const stages = ['append', 'query', 'commits', 'open'];
  const before = against === undefined ? undefined : (measured(against, 'lake', stages) as LakeResult); // as above
  const now = measured(here, 'lake', stages) as LakeResult;
  const old = new Map(before?.measurements.map((each) => [each.name, each]));
  return now.measurements.flatMap(({ name, ms, peakRssMb }) => [
    line('lake', `${name}, wall`, 'ms', ms, old.get(name)?.ms),
    line('lake', `${name}, peak of the process`, 'MB', peakRssMb, old.get(name)?.peakRssMb),
  ]);
}

interface SqlResult {
  asked: { question: string; ms: number; cpuMs: number }[];
}

/** Each build asks the same files, one after the other. */
export function sql({ against }: Options): Told[] {
  return inFolder((folder) => {
    const ask = (more: string[]) => measured(here, 'sql', ['--lake', join(folder, 'made'), ...more]) as SqlResult; // as above
    const before = against === undefined ? undefined : ask(['--build', against]);
    return ask([]).asked.flatMap(({ question, ms, cpuMs }) => {
      const old = question.startsWith('DuckDB') ? undefined : before?.asked.find((each) => each.question === question);
      return [
        line('sql', `${question} over 500,000 results, warm, wall`, 'ms', ms, old?.ms),
        line('sql', `${question} over 500,000 results, warm, CPU`, 'ms', cpuMs, old?.cpuMs),
      ];
    });
  });
}

interface SearchResult {
  documents: number;
  buildSeconds: number;
  buildCpuSecondsPer1000: number;
  indexMb: number;
  buildPeakMb: number;
  coldMs: number;
  asked: { question: string; ms: number; cpuMs: number }[];
  askPeakMb: number;
}

/** Builds of before have no index. */
export function search({ documents }: Options): Told[] {
  const result = measured(here, 'search', ['--documents', documents]) as SearchResult; // as above
  const told = (what: string, unit: string, after: number) => line('search', what, unit, after, undefined);
  const of = `${documents} documents`;
  return [
    told(`indexing ${of}, 1,000 of them, CPU`, 's', result.buildCpuSecondsPer1000),
    told(`indexing ${of}, peak of the process`, 'MB', result.buildPeakMb),
    told(`the index of ${of}`, 'MB', result.indexMb),
    told(`search in ${of}, the first question of a process, wall`, 'ms', result.coldMs),
    ...result.asked.flatMap(({ question, ms, cpuMs }) => [
      told(`search in ${of}, ${question}, wall`, 'ms', ms),
      told(`search in ${of}, ${question}, CPU`, 'ms', cpuMs),
    ]),
    told(`search in ${of}, peak of the process`, 'MB', result.askPeakMb),
  ];
}
