// Which rows are trained on and which judge the result.
// Invariants: S1 rows with the same text or nearly the same are never on both sides: a copy in training would flatter the judgement. S2 every label is spread
// evenly. S3 equal input and seed give equal splits.
import { minhashOrWords, PLACES, resemblance } from '../features/minhash.ts';
import type { Random } from '../ports.ts';
import { FirstInBand } from './first-in-band.ts';

/**
 * Cut rows into parts of about equal size.
 * @param labels  class of each row
 * @param groups  rows with equal group stay together, see {@link groupTexts}
 * @returns part of each row, 0 … parts − 1
 */
export function splitRows(
  labels: ArrayLike<number>,
  groups: ArrayLike<number>,
  parts: number,
  random: Random,
): Uint16Array {
  const membersOf = new Map<number, number[]>();
  for (let row = 0; row < labels.length; row++) {
    const members = membersOf.get(groups[row]!);
    if (members === undefined) membersOf.set(groups[row]!, [row]);
    else members.push(row);
  }
  const byLabel = new Map<number, number[][]>();
  for (const members of membersOf.values()) {
    const label = labels[members[0]!]!;
    const list = byLabel.get(label);
    if (list === undefined) byLabel.set(label, [members]);
    else list.push(members);
  }
  const part = new Uint16Array(labels.length);
  let next = 0; // goes on from label to label, so that parts fill up evenly
  for (const list of byLabel.values()) {
    shuffle(list, random);
    for (const members of list) {
      for (const row of members) part[row] = next;
      next = (next + 1) % parts;
    }
  }
  return part;
}

/** Bands of a signature and places in each: texts that agree in one band are compared. */
const BANDS = 16;
const BAND_PLACES = PLACES / BANDS;
/** Resemblance from which texts are near copies: of runs of five words, and of the words of a short text. */
const NEAR = { long: 0.5, short: 0.7 };
/** A group may hold this share of the rows: short texts of one wording would else chain into one that no split can divide. */
const MAX_GROUP_SHARE = 0.02;
const MIN_GROUP_LIMIT = 8;

/**
 * Group number of each text: equal texts have equal numbers, and so have near copies with the same label.
 * @param labels  class of each text; a near copy with another label flatters nobody
 */
export function groupTexts(texts: readonly string[], labels?: ArrayLike<number>): Uint32Array {
  const groups = groupEqual(texts);
  const first = new Map<number, number>();
  groups.forEach((group, row) => {
    if (!first.has(group)) first.set(group, row);
  });
  const limit = Math.max(MIN_GROUP_LIMIT, Math.floor(texts.length * MAX_GROUP_SHARE));
  return joinNear(texts, groups, first, limit, (row) => labels?.[row] ?? 0);
}

/**
 * Labels whose rows are all one group. They lie in one part whole, so whoever judges them was trained without the label and is always wrong:
 * a judgement says nothing about them.
 */
export function labelsOfOneText(
  groups: ArrayLike<number>,
  classes: ArrayLike<number>,
  labels: readonly string[],
): string[] {
  const groupsOf = labels.map(() => new Set<number>());
  for (let row = 0; row < classes.length; row++) groupsOf[classes[row]!]?.add(groups[row]!);
  return labels.filter((_, at) => groupsOf[at]?.size === 1);
}

/** Union of groups whose first texts are near copies, as long as the limit is kept. */
function joinNear(
  texts: readonly string[],
  groups: Uint32Array,
  first: ReadonlyMap<number, number>,
  limit: number,
  labelOf: (row: number) => number,
): Uint32Array {
  const parent = Uint32Array.from({ length: first.size }, (_, group) => group);
  const sizes = new Uint32Array(first.size);
  for (const group of groups) sizes[group]!++;
  const find = (group: number): number => {
    let root = group;
    while (parent[root] !== root) root = parent[root] = parent[parent[root]!]!;
    return root;
  };
  const firstInBand = new FirstInBand(BANDS * first.size);
  const signatures = new Uint32Array(PLACES * first.size);
  const signatureOf = (group: number) => signatures.subarray(PLACES * group, PLACES * (group + 1));
  for (const [group, row] of first) {
    const found = minhashOrWords(texts[row]!);
    if (found === undefined) continue;
    const { kind, places: signature } = found;
    signatures.set(signature, PLACES * group);
    const common = 2 * labelOf(row) + (kind === 'long' ? 1 : 0);
    for (let band = 0; band < BANDS; band++) {
      const known = firstOfBand(firstInBand, signature, band, common, group);
      if (known === undefined) continue;
      const [a, b] = [find(group), find(known)];
      if (a === b || sizes[a]! + sizes[b]! > limit || resemblance(signature, signatureOf(known)) < NEAR[kind]) continue;
      parent[a] = b;
      sizes[b]! += sizes[a]!;
    }
  }
  return groups.map(find);
}

/**
 * The group that had a band first; undefined: this one. A band is known by 53 bits of it, its number and what texts must have in common: two that differ share
 * them in one data set of millions.
 */
function firstOfBand(
  firstInBand: FirstInBand,
  signature: Uint32Array,
  band: number,
  common: number,
  group: number,
): number | undefined {
  let [high, low] = [Math.imul(common, 0x9e3779b1) ^ band, Math.imul(band + 1, 0x85ebca6b) ^ common];
  for (let place = band * BAND_PLACES; place < (band + 1) * BAND_PLACES; place++) {
    high = Math.imul(high ^ signature[place]!, 0x85ebca6b);
    high ^= high >>> 15;
    low = Math.imul(low ^ signature[place]!, 0xc2b2ae35);
    low ^= low >>> 13;
  }
  return firstInBand.firstOf(high, low >>> 11, group);
}

function groupEqual(texts: readonly string[]): Uint32Array {
  const seen = new Map<string, number>();
  return Uint32Array.from(texts, (text) => {
    const known = seen.get(text);
    if (known !== undefined) return known;
    seen.set(text, seen.size);
    return seen.size - 1;
  });
}

/** Rows whose part is, or is not, the given one. */
export function rowsOfPart(part: Uint16Array, wanted: number, isMember: boolean): number[] {
  const rows: number[] = [];
  for (let row = 0; row < part.length; row++) if ((part[row] === wanted) === isMember) rows.push(row);
  return rows;
}

/** About so many of the rows, every label's alike; all of them where that would leave out less than a third. */
export function drawAlike(rows: readonly number[], classes: ArrayLike<number>, most: number): readonly number[] {
  const share = most / rows.length;
  if (share > 2 / 3) return rows;
  const seen = new Map<number, number>();
  return rows.filter((row) => {
    const before = seen.get(classes[row]!) ?? 0;
    seen.set(classes[row]!, before + 1);
    return Math.ceil((before + 1) * share) > Math.ceil(before * share);
  });
}

function shuffle<T>(list: T[], random: Random): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
}
