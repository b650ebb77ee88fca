// What a colour profile does to colours, of the simple kinds: a curve for grey, or one for each of red, green and blue and what each of them gives.
// Invariant: I1 what is damaged, large, of another kind or unusual is not plain; nothing is thrown.
// Source: ICC.1:2010, 7.2 (header), 7.3 (tags), 8.3.3 and 8.4.3 (profiles of matrix and curves), 10.5 (curves), 10.15 (parametric curves).

const [SIGNATURE, SIGNATURE_AT, SPACE_AT, CLASS_AT] = ['acsp', 36, 16, 12];
const TAGS_AT = 128;
const MAX_TAGS = 100;
const MAX_CURVE = 4096;
const SAMPLES = 256;
/** Input, display, output, conversion. */
const CLASSES = new Set(['scnr', 'mntr', 'prtr', 'spac']);
/** Of white, D50. */
const WHITE = [0.9642, 1, 0.8249] as const;
/** Luminance of red, green and blue: least and most among the spaces in use. */
const LUMINANCE = { rXYZ: [0.15, 0.4], gXYZ: [0.5, 0.85], bXYZ: [-0.01, 0.2] } as const;
const NEAR = 0.02;
/** Colours of the kinds of data. */
const SPACES: Readonly<Record<string, number>> = { GRAY: 1, 'RGB ': 3 };

/** By the header: is it a profile of so many colours, grey or RGB? */
export function mayBePlain(head: Buffer, colours: number): boolean {
  return nameAt(head, SIGNATURE_AT) === SIGNATURE && SPACES[nameAt(head, SPACE_AT)] === colours;
}

/** Is white with it white, black black, and what is between as bright as about it is without? */
export function isPlainProfile(profile: Buffer, colours: number): boolean {
  if (!mayBePlain(profile, colours) || !CLASSES.has(nameAt(profile, CLASS_AT))) return false;
  const tags = tagsOf(profile);
  // A table of colours goes before the curves.
  if (tags === undefined || [...tags.keys()].some((name) => /^[AD]2B/.test(name))) return false;
  if (colours === 1) return isUsualCurve(tags.get('kTRC'));
  return ['rTRC', 'gTRC', 'bTRC'].every((name) => isUsualCurve(tags.get(name))) && givesWhite(tags);
}

/** Undefined where one stands twice, or beyond the end. */
function tagsOf(profile: Buffer): Map<string, Buffer> | undefined {
  const tags = new Map<string, Buffer>();
  if (profile.length < TAGS_AT + 4) return undefined;
  const count = profile.readUInt32BE(TAGS_AT);
  if (count > MAX_TAGS || profile.length < TAGS_AT + 4 + count * 12) return undefined;
  for (let i = 0; i < count; i++) {
    const at = TAGS_AT + 4 + i * 12;
    const name = nameAt(profile, at);
    const from = profile.readUInt32BE(at + 4);
    const to = from + profile.readUInt32BE(at + 8);
    if (tags.has(name) || to > profile.length) return undefined;
    tags.set(name, profile.subarray(from, to));
  }
  return tags;
}

function givesWhite(tags: ReadonlyMap<string, Buffer>): boolean {
  const sum = [0, 0, 0];
  for (const [name, [least, most]] of Object.entries(LUMINANCE)) {
    const tag = tags.get(name);
    if (tag === undefined || tag.length < 20 || nameAt(tag, 0) !== 'XYZ ') return false;
    const xyz = [8, 12, 16].map((at) => fixed(tag, at));
    const [, y = 0] = xyz;
    if (y < least || y > most) return false;
    for (const [i, value] of xyz.entries()) sum[i]! += value; // three each
  }
  return WHITE.every((value, i) => Math.abs(value - sum[i]!) <= NEAR);
}

/** Does it rise from black to white, neither steeper nor flatter than those in use? */
function isUsualCurve(tag: Buffer | undefined): boolean {
  const curve = tag === undefined ? undefined : curveOf(tag);
  if (curve === undefined) return false;
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i <= curve.samples; i++) {
    const x = i / curve.samples;
    const y = curve.at(x);
    // Written so that what is no number is not usual.
    if (!(y >= last && y >= x ** 4 - NEAR && y <= x ** 0.8 + NEAR)) return false;
    last = y;
  }
  return true;
}

function curveOf(tag: Buffer): { at: (x: number) => number; samples: number } | undefined {
  if (tag.length < 12) return undefined;
  const kind = nameAt(tag, 0);
  if (kind === 'para') return parametric(tag);
  if (kind !== 'curv') return undefined;
  const count = tag.readUInt32BE(8);
  if (count > MAX_CURVE || tag.length < 12 + count * 2) return undefined;
  if (count === 0) return { at: (x) => x, samples: SAMPLES };
  if (count === 1) {
    const gamma = tag.readUInt16BE(12) / 256;
    return { at: (x) => x ** gamma, samples: SAMPLES };
  }
  const samples = count - 1;
  return { at: (x) => tag.readUInt16BE(12 + Math.round(x * samples) * 2) / 0xffff, samples };
}

/** Numbers of the parametric curves by their kind, and their order: gamma, a, b, c, d, e, f. */
const PARAMETERS = [1, 3, 4, 5, 7];

function parametric(tag: Buffer): { at: (x: number) => number; samples: number } | undefined {
  const kind = tag.readUInt16BE(8);
  const count = PARAMETERS[kind];
  if (count === undefined || tag.length < 12 + count * 4) return undefined;
  const given = Array.from({ length: count }, (_, i) => fixed(tag, 12 + i * 4));
  const [gamma = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = given;
  const power = (x: number) => Math.max(0, a * x + b) ** gamma;
  const at = (x: number) => {
    if (kind === 0) return x ** gamma;
    if (kind < 3) return (x >= -b / a ? power(x) : 0) + (kind === 2 ? c : 0);
    return x >= d ? power(x) + e : c * x + f;
  };
  return { at, samples: SAMPLES };
}

const nameAt = (bytes: Buffer, at: number) => bytes.toString('latin1', at, at + 4);
/** Of 16 bits before the point and 16 behind. */
const fixed = (bytes: Buffer, at: number) => bytes.readInt32BE(at) / 0x10000;
