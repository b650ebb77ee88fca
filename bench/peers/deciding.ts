// Texts to probabilities, ours and scikit-learn's with features as near to those of `lexical` as it has: documents a CPU second of one thread.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openBundle } from '../../shared/models/loaded-model.ts';
import { seededRandom, silentLogger, systemClock } from '../../shared/ports.ts';
import { train } from '../../shared/training/train.ts';
import { readRows } from '../decisions/rows.ts';

/** Rows of the test split that are decided. */
const ROWS = 2000;
/** As the pipeline hands plain texts to a model. */
const BATCH = 1000;
const REPEATS = 5;
const SCRIPT = 'sklearn_lexical.py';

export interface Deciding {
  set: string;
  version: string;
  ours: number;
  theirs: number;
}

/** @throws when Python or one of its packages fails */
export async function measureDeciding(python: string, set: string, file: string): Promise<Deciding> {
  const rows = readRows(file);
  const examples = rows.filter(({ split }) => split === 'train');
  const texts = rows
    .filter(({ split }) => split === 'test')
    .slice(0, ROWS)
    .map(({ text }) => text);
  const deps = { clock: systemClock, random: seededRandom(1), logger: silentLogger };
  const trained = await train({ examples, deps });
  const model = await openBundle('v1', trained.description, trained.artifacts);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < REPEATS; round++) {
    const before = process.cpuUsage();
    for (let at = 0; at < texts.length; at += BATCH) model.score(model.featurize(texts.slice(at, at + BATCH)));
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1e6);
  }
  const told = execFileSync(python, [scriptPath(), resolve(file), String(ROWS)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
  });
  const line = told.split('\n').find((text) => text.startsWith('RESULT'))!; // printed by peer.py, or it failed
  const { version, documentsPerCpuSecond } = JSON.parse(line.slice('RESULT'.length)) as {
    version: string;
    documentsPerCpuSecond: number;
  };
  return { set, version, ours: texts.length / least, theirs: documentsPerCpuSecond };
}

/** Peers stay in the sources: dist/ holds compiled code only. */
const scriptPath = (): string =>
  [join(import.meta.dirname, SCRIPT), join(import.meta.dirname, '../../../bench/peers', SCRIPT)].find(existsSync)!; // one of them
