// Composes the labelled training texts from hand-written phrases: which phrases, in which register, with which facts, is drawn from a seed.
// Invariants: the same phrases and seed give the same texts; no text occurs twice; every text has 10 to 250 words.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CURRENCIES, CURRENCY, fillPhrase } from './phrase.ts';
import { SeededRandom } from './random.ts';

export interface TrainingText {
  readonly text: string;
  readonly label: string;
}

/** Phrases of one file, by section name. */
export type Phrases = ReadonlyMap<string, readonly string[]>;

interface Subject {
  readonly label: string;
  readonly file: string;
  /** Labels whose matters are mentioned in passing: the ones that are mistaken for this one in practice. */
  readonly neighbours: readonly string[];
}

const SUBJECTS: readonly Subject[] = [
  {
    label: 'Transfer pricing',
    file: 'transfer-pricing',
    neighbours: ['Corporate income tax', 'Withholding tax', 'Contracts', 'Customs'],
  },
  {
    label: 'VAT and indirect tax',
    file: 'vat-and-indirect-tax',
    neighbours: ['Invoices', 'Customs', 'Corporate income tax'],
  },
  {
    label: 'Corporate income tax',
    file: 'corporate-income-tax',
    neighbours: ['Transfer pricing', 'Withholding tax', 'Payroll tax', 'VAT and indirect tax'],
  },
  {
    label: 'Withholding tax',
    file: 'withholding-tax',
    neighbours: ['Corporate income tax', 'Payroll tax', 'Contracts', 'Transfer pricing'],
  },
  {
    label: 'Payroll tax',
    file: 'payroll-tax',
    neighbours: ['Withholding tax', 'Contracts', 'Corporate income tax', 'Invoices'],
  },
  {
    label: 'Customs',
    file: 'customs',
    neighbours: ['VAT and indirect tax', 'Invoices', 'Contracts', 'Transfer pricing'],
  },
  { label: 'Invoices', file: 'invoices', neighbours: ['VAT and indirect tax', 'Contracts', 'Customs', 'Payroll tax'] },
  { label: 'Contracts', file: 'contracts', neighbours: ['Invoices', 'Withholding tax', 'Payroll tax', 'Customs'] },
];

const TEXTS_PER_LABEL = 90;
const MIN_WORDS = 10;
const MAX_WORDS = 250;
/** Share of the texts that mention a neighbouring matter besides their own. */
const ASIDE_SHARE = 0.3;

/** Registers with their weights; a text of each is built by `compose`. */
const REGISTERS = [
  ['mail', 5],
  ['memo', 6],
  ['question', 3],
  ['records', 3],
  ['scan', 2],
  ['note', 5],
] as const;
type Register = (typeof REGISTERS)[number][0];

/** Read one phrase file: `# section` lines, one phrase per line. */
export function parsePhrases(text: string): Phrases {
  const sections = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('# ')) {
      current = [];
      sections.set(line.slice(2).trim(), current);
    } else if (line.trim() !== '') current?.push(line.trim());
  }
  return sections;
}

/** All training texts, shuffled. `folder` holds one phrase file per label and general.txt. */
export function composeTraining(folder: string, seed: number): TrainingText[] {
  const random = new SeededRandom(seed);
  const read = (file: string): Phrases => parsePhrases(readFileSync(join(folder, `${file}.txt`), 'utf8'));
  const general = new Drawer(random, read('general'));
  const drawers = new Map(SUBJECTS.map((subject) => [subject.label, new Drawer(random, read(subject.file))]));
  const seen = new Set<string>();
  const texts: TrainingText[] = [];
  for (const subject of SUBJECTS) {
    const own = drawers.get(subject.label)!;
    for (let made = 0; made < TEXTS_PER_LABEL; ) {
      const other = random.next() < ASIDE_SHARE ? drawers.get(random.pick(subject.neighbours)) : undefined;
      const text = compose(random, pickRegister(random), { own, other, general }).replaceAll(
        CURRENCY,
        random.pick(CURRENCIES),
      );
      const words = text.split(/\s+/).length;
      if (words < MIN_WORDS || words > MAX_WORDS || seen.has(text)) continue;
      seen.add(text);
      texts.push({ text, label: subject.label });
      made++;
    }
  }
  return random.shuffle(texts);
}

/** Hands out the phrases of each section like a shuffled deck, so that all are used about equally often. */
class Drawer {
  readonly #random: SeededRandom;
  readonly #phrases: Phrases;
  readonly #decks = new Map<string, string[]>();

  constructor(random: SeededRandom, phrases: Phrases) {
    this.#random = random;
    this.#phrases = phrases;
  }

  draw(section: string, count = 1): string[] {
    return Array.from({ length: count }, () => {
      const deck = this.#decks.get(section) ?? [];
      if (deck.length === 0) deck.push(...this.#random.shuffle(this.#phrases.get(section) ?? []));
      this.#decks.set(section, deck);
      const phrase = deck.pop();
      if (phrase === undefined) throw new Error(`training: section "${section}" has no phrases`);
      return fillPhrase(phrase, this.#random);
    });
  }
}

interface Material {
  readonly own: Drawer;
  readonly other: Drawer | undefined;
  readonly general: Drawer;
}

function pickRegister(random: SeededRandom): Register {
  const total = REGISTERS.reduce((sum, [, weight]) => sum + weight, 0);
  let left = random.between(1, total);
  for (const [register, weight] of REGISTERS) {
    left -= weight;
    if (left <= 0) return register;
  }
  return 'note';
}

function compose(random: SeededRandom, register: Register, material: Material): string {
  const { own, general } = material;
  switch (register) {
    case 'mail': {
      const body = [
        ...own.draw('statements', random.between(1, 3)),
        ...own.draw('questions', random.between(0, 1)),
        ...general.draw('filler', random.between(0, 2)),
        ...aside(material),
      ];
      return [...general.draw('greetings'), ordered(random, body).join(' '), ...general.draw('closings')].join('\n');
    }
    case 'memo': {
      const body = [
        ...own.draw('statements', random.between(3, 9)),
        ...general.draw('filler', random.between(1, 4)),
        ...aside(material),
      ];
      return paragraphs(ordered(random, body), 4);
    }
    case 'question':
      return [
        ...own.draw('questions', random.between(1, 2)),
        ...general.draw('filler', random.between(0, 1)),
        ...aside(material),
      ].join(' ');
    case 'records':
      return [
        ...own.draw('lines', random.between(3, 8)),
        ...(material.other?.draw('lines', random.between(1, 2)) ?? []),
      ].join('\n');
    case 'scan':
      return misread(random, [...own.draw('statements', random.between(2, 5)), ...general.draw('filler', 1)].join(' '));
    case 'note':
      return ordered(random, [
        ...own.draw('statements', random.between(1, 2)),
        ...general.draw('filler', random.between(0, 2)),
        ...aside(material),
      ]).join(' ');
  }
}

/** A sentence about a neighbouring matter, introduced as such by one of the general phrases. */
function aside(material: Material): string[] {
  if (material.other === undefined) return [];
  const other = material.other.draw('statements')[0]!;
  return [material.general.draw('asides')[0]!.replace('{other}', other)];
}

/** The first sentence stays first, the others change places. */
function ordered(random: SeededRandom, sentences: readonly string[]): string[] {
  return [...sentences.slice(0, 1), ...random.shuffle(sentences.slice(1))];
}

function paragraphs(sentences: readonly string[], size: number): string {
  const groups: string[] = [];
  for (let i = 0; i < sentences.length; i += size) groups.push(sentences.slice(i, i + size).join(' '));
  return groups.join('\n\n');
}

/** What poor recognition makes of a text: swapped look-alikes, words broken at line ends, doubled spaces. */
function misread(random: SeededRandom, text: string): string {
  const lookAlikes: Readonly<Record<string, string>> = { l: '1', o: '0', e: 'c', m: 'rn', i: 'l', S: '5' };
  return text
    .split(' ')
    .map((word) => {
      const chance = random.next();
      if (chance < 0.12) return word.replace(/[loemiS]/, (letter) => lookAlikes[letter] ?? letter);
      if (chance < 0.16 && word.length > 7) return `${word.slice(0, 4)}-\n${word.slice(4)}`;
      return chance < 0.2 ? `${word} ` : word;
    })
    .join(' ');
}
