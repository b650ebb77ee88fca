// Parts of `npm run bench all` about learning and deciding, and about the peers that are installed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { here, line, measured, type Options, other, type Skipped, type Told } from './line.ts';

/** Sets of docs/models.md. */
const SETS = ['ag_news', 'banking77', '20newsgroups-bydate'];

interface DecisionsResult {
  results: {
    set: string;
    profile: 'against' | 'spark' | 'lexical';
    accuracy: number;
    trainCpuSeconds: number;
    peakRssMb: number;
    documentsPerCpuSecond: number;
  }[];
}

/** What each build learns by itself, and how fast it features and scores. */
export function training({ against, data }: Options): Told[] {
  const texts = join(data, 'text');
  const told: Told[] = SETS.filter((set) => !existsSync(join(texts, `${set}.jsonl.gz`))).map((set) =>
    absent('decisions', `training ${set}`, join(texts, `${set}.jsonl.gz`)),
  );
  const sets = SETS.filter((set) => existsSync(join(texts, `${set}.jsonl.gz`)));
  if (sets.length === 0) return told;
  const asked = ['--data', texts, '--sets', sets.join(','), '--encode', '', '--split-rows', '', '--no-demo'];
  const { results } = measured(here, 'decisions', [...asked, ...other(against)]) as DecisionsResult; // its own output
  for (const set of sets) {
    const of = (profile: string) => results.find((each) => each.set === set && each.profile === profile);
    const [now, same, old] = [of('lexical'), of('spark'), of('against')];
    if (now === undefined) continue;
    if (same !== undefined)
      told.push(
        line('decisions', `training ${set}, both as Spark's, CPU`, 's', same.trainCpuSeconds, old?.trainCpuSeconds),
        line(
          'decisions',
          `training ${set}, both as Spark's, peak of the process`,
          'MB',
          same.peakRssMb,
          old?.peakRssMb,
        ),
      );
    told.push(
      line('decisions', `training ${set}, CPU`, 's', now.trainCpuSeconds, old?.trainCpuSeconds),
      line('decisions', `training ${set}, peak of the process`, 'MB', now.peakRssMb, old?.peakRssMb),
      line('decisions', `training ${set}, accuracy`, '', now.accuracy, old?.accuracy),
      line(
        'decisions',
        `featurize and score ${set}, documents per second of CPU`,
        '',
        now.documentsPerCpuSecond,
        old?.documentsPerCpuSecond,
      ),
    );
  }
  return told;
}

interface PeersResult {
  compared: { peer: string; version: string; what: string; unit: string; ours: number; theirs: number; note: string }[];
  skipped: { peer: string; why: string }[];
}

/** Before is the peer, after is this build. */
export function peers({ data }: Options): Told[] {
  const { compared, skipped } = measured(here, 'peers', ['--data', data]) as PeersResult; // as above
  return [
    ...compared.map(({ peer, version, what, unit, ours, theirs, note }) =>
      line('peers', `${what}, beside ${peer} ${version} (${note})`, unit, ours, theirs),
    ),
    ...skipped.map(({ peer, why }): Skipped => ({ benchmark: 'peers', what: peer, skipped: why })),
  ];
}

const absent = (benchmark: string, what: string, path: string): Skipped => ({
  benchmark,
  what,
  skipped: `no data at ${path}`,
});
