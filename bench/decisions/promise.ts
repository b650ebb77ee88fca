// Is a promise kept? A sample of a set trains and promises, everything else judges; near copies lie on one side. Repeated over splits.
import { openBundle } from '../../shared/models/loaded-model.ts';
import { argmax } from '../../shared/models/scorer.ts';
import { clopperPearson, tailProbability } from '../../shared/models/threshold.ts';
import { seededRandom, silentLogger, systemClock } from '../../shared/ports.ts';
import { groupTexts } from '../../shared/training/splits.ts';
import { train } from '../../shared/training/train.ts';
import type { Children } from './children.ts';
import { KeptVectors } from './kept-vectors.ts';
import { readRows } from './rows.ts';

export interface PromiseOrder {
  kind: 'promise';
  set: string;
  file: string;
  /** Rows to train on. */
  rows: number;
  /** Rows that judge, at most. */
  judges: number;
  aim: number;
  /** Folder of the encoder; absent: words alone. */
  encoder?: string;
  /** File of its vectors. */
  vectors: string;
  /** Seeds. */
  from: number;
  count: number;
}

/** What came of one split: rows that judged, those decided alone, and those of them that were right; in groups of near copies too. */
export interface Split {
  judged: number;
  alone: number;
  right: number;
  groups: number;
  groupsRight: number;
}

export interface Kept {
  set: string;
  rows: number;
  encoder: boolean;
  aim: number;
  splits: number;
  /** Splits that decided anything alone. */
  promised: number;
  /** Of all splits: those that promised nothing, or were at least `aim` right on the rows that judged. */
  held: number;
  /** Of those that promised. */
  heldOfPromised: number | null;
  /** Splits whose judging rows disprove the promise: so few right ones would be seen in one of twenty, near copies counted once. */
  disproved: number;
  /** 95 % interval of the share of splits whose promise holds, as far as that can be seen. */
  interval: [number, number];
  /** Share decided alone, of all rows of all splits, and right ones of those. */
  alone: number;
  right: number | null;
}

const LEVEL = 0.05;
const deps = { clock: systemClock, random: seededRandom(1), logger: silentLogger };
/** Splits of one process. */
const AT_ONCE = 25;

/** Splits of one sample size, in processes of their own. */
export async function measurePromise(
  children: Children,
  order: Omit<PromiseOrder, 'kind' | 'from' | 'count'>,
  splits: number,
): Promise<Kept> {
  const all: Split[] = [];
  for (let from = 1; from <= splits; from += AT_ONCE) {
    const part = { kind: 'promise', ...order, from, count: Math.min(AT_ONCE, splits - from + 1) } as const;
    const name = `${order.set}, ${order.rows} rows${order.encoder === undefined ? '' : ', with encoder'}`;
    all.push(...(await children.measure<Split[]>(part, `${name}: splits ${from} to ${from + part.count - 1}`)));
  }
  return summarize(order, all);
}

function summarize({ set, rows, encoder, aim }: Omit<PromiseOrder, 'kind' | 'from' | 'count'>, all: Split[]): Kept {
  const promised = all.filter(({ alone }) => alone > 0);
  const below = promised.filter(({ alone, right }) => right < aim * alone);
  const disproved = promised.filter(
    ({ groups, groupsRight }) => 1 - tailProbability(Math.floor(groupsRight) + 1, groups, aim) < LEVEL,
  );
  const sum = (of: (split: Split) => number) => all.reduce((total, split) => total + of(split), 0);
  const alone = sum((split) => split.alone);
  return {
    ...{ set, rows, encoder: encoder !== undefined, aim, splits: all.length, promised: promised.length },
    held: round(1 - below.length / all.length),
    heldOfPromised: promised.length === 0 ? null : round(1 - below.length / promised.length),
    disproved: disproved.length,
    interval: clopperPearson(all.length - below.length, all.length, LEVEL).map((end) => round(end)) as [number, number],
    alone: round(alone / sum((split) => split.judged)),
    right: alone === 0 ? null : round(sum((split) => split.right) / alone),
  };
}

/** In the child. */
export async function measureSplits({
  file,
  rows: wanted,
  judges,
  aim,
  encoder: folder,
  vectors,
  from,
  count,
}: PromiseOrder): Promise<Split[]> {
  const all = readRows(file);
  const names = [...new Set(all.map(({ label }) => label))];
  const classOf = new Map(names.map((name, k) => [name, k]));
  const groupOf = groupTexts(
    all.map(({ text }) => text),
    Int32Array.from(all, ({ label }) => classOf.get(label)!),
  );
  const members = Map.groupBy(all.keys(), (row) => groupOf[row]!);
  const encoder = folder === undefined ? undefined : await KeptVectors.open(folder, vectors);
  const splits: Split[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const random = seededRandom(seed);
    const order = [...members.keys()].map((group) => ({ group, at: random.next() })).sort((a, b) => a.at - b.at);
    const [training, judging]: [number[], number[]] = [[], []];
    for (const { group } of order) {
      if (training.length < wanted) training.push(...members.get(group)!);
      else if (judging.length < judges) judging.push(...members.get(group)!);
    }
    const examples = training.map((row) => all[row]!);
    if (new Set(examples.map(({ label }) => label)).size < 2) {
      splits.push({ judged: judging.length, alone: 0, right: 0, groups: 0, groupsRight: 0 }); // nothing to learn, nothing promised
      continue;
    }
    const trained = await train({ examples, encoder, options: { precision: aim, seed }, deps });
    const model = await openBundle('v1', trained.description, trained.artifacts);
    const texts = judging.map((row) => all[row]!.text);
    const x = model.featurize(texts);
    const words = model.score(x);
    const { stage } = model;
    const isStaged = encoder !== undefined && stage !== null && stage !== undefined;
    const mixed = isStaged ? stage.score(model.scoreRaw!(x), await encoder.encode(texts)) : undefined;
    const width = model.labels.length;
    let [alone, right] = [0, 0];
    const seen = new Map<number, { rows: number; right: number }>();
    judging.forEach((row, i) => {
      const at = i * width;
      const isNew = model.isForeign?.(texts[i]!) === true;
      const isSkipped =
        mixed === undefined || (!isNew && words[at + argmax(words, at, at + width)]! >= stage!.description.skip);
      const p = isSkipped ? words : mixed.probabilities;
      const bar = mixed === undefined ? model.accept : isSkipped ? 0 : stage!.description.accept.threshold;
      const k = argmax(p, at, at + width);
      if (p[at + k]! < bar || (isSkipped ? isNew : stage!.isForeign(mixed.neighbours[i]!))) return;
      const isRight = model.labels[k] === all[row]!.label ? 1 : 0;
      alone++;
      right += isRight;
      const group = seen.get(groupOf[row]!) ?? { rows: 0, right: 0 };
      seen.set(groupOf[row]!, { rows: group.rows + 1, right: group.right + isRight });
    });
    const groupsRight = [...seen.values()].reduce((sum, group) => sum + group.right / group.rows, 0);
    splits.push({ judged: judging.length, alone, right, groups: seen.size, groupsRight });
  }
  await encoder?.close();
  return splits;
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;
