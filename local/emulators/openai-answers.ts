// What the simulator answers: which label description a document resembles most, with seeded noise. It is no language model.
// Invariants: A1 the same seed, labels and document give the same answer, whatever else is in the prompt.
//             A2 a quote is a literal part of the document, and of one line of it.

/** A label as the prompt shows it: `A = "Name": description`. */
export interface PromptLabel {
  code: string;
  name: string;
  description: string;
}

export interface PromptDocument {
  id: number;
  text: string;
}

export interface SimulatedResult {
  id: number;
  quote: string | null;
  label: string;
  confidence: number;
}

const LABEL_LINE = /^([A-Z]{1,2}|[^\s=]{1,40}) = ("(?:[^"\\]|\\.)*"): (.*)$/gm;
const DOCUMENT = /<doc id="(\d+)">\n?([\s\S]*?)\n?<\/doc>/g;
const STOP = new Set(
  'a an and are as at be been but by can could did do does for from had has have he her his i if in into is it its may me more my no not of on one or other our out shall she should so such than that the their them then there these they this those to under up upon us was we were what when where which while who will with would you your any all also only same each both between about over after before per via here itself like'.split(
    ' ',
  ),
);
/** Spread of the noise added to similarities; larger is wrong more often. */
const NOISE = 0.06;

/** Labels found in a system message; those of the answer schema when the prompt is not one of ours. */
export function readPromptLabels(system: string, schemaLabels: readonly string[]): PromptLabel[] {
  const found = [...system.matchAll(LABEL_LINE)].map((m) => ({
    code: m[1] ?? '',
    name: JSON.parse(m[2] ?? '""') as string, // the pattern admits JSON strings only
    description: m[3] ?? '',
  }));
  if (found.length > 0) return found;
  return schemaLabels.map((code) => ({ code, name: code, description: '' }));
}

/** Documents found in a user message; the whole message as document 1 when it has none. */
export function readPromptDocuments(user: string): PromptDocument[] {
  const found = [...user.matchAll(DOCUMENT)].map((m) => ({ id: Number(m[1]), text: m[2] ?? '' }));
  return found.length > 0 ? found : [{ id: 1, text: user }];
}

/** Similarity scorer over one set of labels. */
export class LabelScorer {
  readonly #labels: readonly PromptLabel[];
  readonly #weights: ReadonlyMap<string, Float64Array>;
  readonly #seed: number;

  constructor(labels: readonly PromptLabel[], seed: number) {
    this.#labels = labels;
    this.#seed = seed;
    this.#weights = weighTerms(labels);
  }

  /** Answer for one document. */
  answer(document: PromptDocument): SimulatedResult {
    const n = this.#labels.length;
    const terms = termCounts(document.text);
    const scores = new Float64Array(n);
    let strongest: { term: string; weight: number } | undefined;
    for (const [term, count] of terms) {
      const weights = this.#weights.get(term);
      if (weights === undefined) continue;
      const saturated = 1 + Math.log(count);
      for (let l = 0; l < n; l++) scores[l] = (scores[l] ?? 0) + saturated * (weights[l] ?? 0);
    }
    const norm = Math.hypot(...scores);
    if (norm === 0) return { id: document.id, quote: null, label: 'UNSURE', confidence: 20 };
    const textHash = hash(document.text, this.#seed);
    const noisy = Array.from(scores, (s, l) => s / norm + NOISE * gumbel(hash(`${l}`, textHash)));
    const order = noisy.map((_, l) => l).sort((a, b) => (noisy[b] ?? 0) - (noisy[a] ?? 0));
    const best = order[0] ?? 0;
    const margin = (noisy[best] ?? 0) - (noisy[order[1] ?? best] ?? 0);
    for (const term of terms.keys()) {
      const weight = this.#weights.get(term)?.[best] ?? 0;
      if (weight > (strongest?.weight ?? 0)) strongest = { term, weight };
    }
    return {
      id: document.id,
      quote: strongest === undefined ? null : quoteAround(document.text, strongest.term),
      label: this.#labels[best]?.code ?? 'UNSURE',
      confidence: Math.round(100 * Math.min(0.99, 0.55 + 0.45 * Math.tanh(2.5 * margin))),
    };
  }
}

function weighTerms(labels: readonly PromptLabel[]): Map<string, Float64Array> {
  const perLabel = labels.map(({ name, description }) => {
    // "Does not cover …" names the neighbours' words: they would pull the wrong way.
    const covered = description.split(/\b(?:does not cover|do not use|not for|excludes?)\b/i)[0] ?? '';
    const counts = termCounts(covered);
    for (const term of termCounts(name).keys()) counts.set(term, (counts.get(term) ?? 0) + 3);
    return counts;
  });
  const spread = new Map<string, number>();
  for (const counts of perLabel) for (const term of counts.keys()) spread.set(term, (spread.get(term) ?? 0) + 1);
  const weights = new Map<string, Float64Array>();
  perLabel.forEach((counts, l) => {
    const norm = Math.sqrt(counts.size) || 1;
    for (const [term, count] of counts) {
      const idf = Math.log(1 + (labels.length - (spread.get(term) ?? 0) + 0.5) / ((spread.get(term) ?? 0) + 0.5));
      const row = weights.get(term) ?? new Float64Array(labels.length);
      row[l] = (idf * (1 + Math.log(count)) * (term.includes(' ') ? 1.5 : 1)) / norm;
      weights.set(term, row);
    }
  });
  return weights;
}

/** Stems and pairs of neighbouring stems with their counts. */
function termCounts(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  let previous = '';
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}][\p{L}\p{N}'-]*/gu)) {
    if (STOP.has(word)) continue;
    const stem = stemOf(word);
    counts.set(stem, (counts.get(stem) ?? 0) + 1);
    if (previous !== '') counts.set(`${previous} ${stem}`, (counts.get(`${previous} ${stem}`) ?? 0) + 1);
    previous = stem;
  }
  return counts;
}

function stemOf(word: string): string {
  const bare = word.replace(/'s?$/, '');
  if (bare.length < 5) return bare.replace(/s$/, '');
  return bare.replace(/(?:ations?|ating|ated|ates?|ings?|ments?|ions?|ed|ers?|ies|es|s|y|e)$/, '');
}

/** At most 10 literal words around the first word with this stem, of its line: what follows it may be another header or the next paragraph. */
function quoteAround(text: string, term: string): string | null {
  const wanted = term.split(' ')[0] ?? term;
  const words = [...text.matchAll(/\S+/g)];
  const at = words.findIndex(
    ([word]) => stemOf(word.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '')) === wanted,
  );
  if (at < 0) return null;
  const place = words[at]?.index ?? 0;
  const from = text.lastIndexOf('\n', place) + 1;
  const to = text.indexOf('\n', place);
  const near = words
    .slice(Math.max(0, at - 4), at + 6)
    .filter(({ index }) => index >= from && (to === -1 || index < to));
  const [first, last] = [near[0], near.at(-1)];
  if (first === undefined || last === undefined) return null;
  return text.slice(first.index, last.index + last[0].length).slice(0, 160);
}

/** 32-bit FNV-1a. */
export function hash(text: string, seed: number): number {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d) >>> 0;
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b) >>> 0;
  return (h ^ (h >>> 16)) >>> 0;
}

function gumbel(h: number): number {
  const u = (h + 0.5) / 4294967296;
  return -Math.log(-Math.log(u));
}
