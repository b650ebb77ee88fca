// Which rows are trained on and which judge the result.
// Invariants: S1 rows with the same text are never on both sides: a copy in training would flatter the judgement. S2 every label is spread
// evenly. S3 equal input and seed give equal splits.
import type { Random } from '../ports.ts';

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

/** Group number of each text: equal texts have equal numbers. */
export function groupTexts(texts: readonly string[]): Uint32Array {
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

function shuffle<T>(list: T[], random: Random): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
}
