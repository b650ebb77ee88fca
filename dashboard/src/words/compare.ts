// Two runs compared: what flipped, and why.
import { count } from '../format.ts';
import { catalogue, type Shown } from '../language/catalogue.ts';
import { pluralEn } from '../language/plural.ts';

export const words = catalogue('compare', {
  titled: (a: string, b: string) => `Compare ${a} and ${b}`,
  title: 'Two runs compared',
  fromTo: (a: Shown, b: Shown): Shown => ['From ', a, ' to ', b],
  swap: '(swap)',
  theComparison: 'the comparison',
  inBoth: 'In both runs',
  beforeAndAfter: (a: number, b: number) => `of ${count(a)} before and ${count(b)} after`,
  same: 'Same',
  noneShared: 'none shared',
  flipped: 'Flipped',
  shareNone: 'The runs share no document',
  nothingDiffers: 'Nothing differs',
  shareNoneNote:
    'Documents are the same when they have the same path in the same container. Compare a run with its re-run, or two runs over one folder.',
  allSame: (n: number) => `All ${count(n)} shared documents have the same label and status in both runs.`,
  byLabel: 'Flips by label',
  before: 'Before',
  after: 'After',
  flips: 'Flips',
  shareAndChoice: 'Share and choice',
  ofTheFlips: (share: string) => `${share} of the flips`,
  showFlips: (from: string, to: string) => `Show flips from ${from} to ${to}`,
  all: 'All',
  show: 'Show',
  byReason: 'Flips by reason',
  oneReason: 'Each flip has one reason: the first in this order that changed between the runs.',
  flippedDocuments: 'Flipped documents',
  reason: 'Reason',
  any: 'any',
  documents: (n: number) => `${count(n)} ${pluralEn(n, 'document', 'documents')}`,
  chosen: (from: string, to: string) => ` from ${from} to ${to}`,
  amongFirst: (n: number, all: number) => ` among the first ${count(n)} of ${count(all)}`,
  table: 'Table of flipped documents',
  document: 'Document',
  showMore: (n: number) => `Show ${count(n)} more`,
  by: (who: string) => `by ${who}`,
  reasons: {
    content: {
      name: 'content',
      meaning: 'The file was replaced between the runs: another content, another decision.',
    },
    reading: { name: 'reading', meaning: 'One run could read the document and the other could not.' },
    taxonomy: { name: 'taxonomy', meaning: 'The runs chose among other labels, or labels described otherwise.' },
    model: { name: 'model', meaning: 'Another model version scored the document.' },
    prompt: { name: 'prompt', meaning: 'Both runs asked the LLM, with another prompt version.' },
    route: {
      name: 'route',
      meaning: 'Another one decided: model, LLM or duplicate – by another threshold, budget or route.',
    },
    answer: { name: 'answer', meaning: 'All was the same and the LLM answered otherwise.' },
  },
});
