// One model: what it promises and keeps, another threshold tried out, its record.
import { count } from '../format.ts';
import { catalogue, type Shown, type Wrap } from '../language/catalogue.ts';
import { pluralEn } from '../language/plural.ts';

export const words = catalogue('model', {
  model: (version: string) => `Model ${version}`,
  theModel: (version: string) => `model ${version}`,
  above: 'Above this page',
  allModels: 'All models',
  neverEvaluated: (code: Wrap): Shown => [
    'This version was never evaluated, so it is promoted only by force. Import it again with labelled documents it was not trained on: ',
    code('sluice models import … --evaluate labelled.jsonl'),
    '.',
  ],
  confusionMatrix: 'Confusion matrix',
  confusionCaption:
    'Rows are the truth, columns what the model said. Darker cells hold a larger share of their row; red ones are errors.',
  labels: 'Labels',
  createdAt: (kind: string, time: string, rows: string | null) =>
    `${kind}, created ${time}, trained ${rows === null ? 'elsewhere' : `on ${rows}`}`,
  promote: 'Promote…',
  rollBack: 'Roll back…',
  wasNeverEvaluated: 'This version was never evaluated',
  strangers: (n: number, some: string) =>
    `${n === 1 ? 'A label' : `${count(n)} labels`} of this model ${pluralEn(n, 'is', 'are')} not in the current taxonomy (${some}): runs with that taxonomy do not use it. Train a version on the current labels.`,
  // tiles
  accuracy: 'Accuracy',
  ofDocuments: (documents: number, source: string) => `of ${count(documents)} documents, ${source}`,
  macroF1: 'Macro F1',
  meanOverLabels: 'mean over labels',
  logLoss: 'Log loss',
  lowerIsBetter: 'lower is better',
  calibrationError: 'Calibration error',
  meanGap: 'mean gap, 15 bins',
  coverage: 'Coverage',
  atItsThreshold: 'at its threshold',
  precisionThere: 'Precision there',
  ofAccepted: (n: number) => `of ${count(n)} accepted`,
  notMeasured: 'not measured',
  // the accept rule
  whenItStands: 'When its label stands',
  labelByLabel: (alone: number, all: number) =>
    `The promise holds label by label: ${count(alone)} of ${count(all)} labels have a threshold of their own; documents with another label are always asked.`,
  aboutLikeDocuments:
    'It is a promise about documents like those held out: another source, language or year is to be proven again.',
  provenOnParts: 'It was proven on models trained on parts of the rows; the final model has seen all of them.',
  bases: {
    guarantee: { name: 'guarantee', title: 'A binomial test on rows the model had not seen holds the promise' },
    empirical: {
      name: 'empirical',
      title: 'The precision was seen on rows the model had not seen; too few for a promise',
    },
    default: { name: 'default', title: 'Nothing is proven of when it is right often enough: it decides nothing alone' },
  },
  seen: (precision: string, accepted: string, samples: string) =>
    `${precision} of ${accepted} labels accepted, out of ${samples} documents that were held out`,
  guaranteed: (confidence: string, aim: string, at: string, seen: string) =>
    `With ${confidence} confidence at least ${aim} of the labels accepted at ${at} or above are right. Seen: ${seen}.`,
  empirical: (confidence: string, aim: string, at: string, seen: string) =>
    `Labels are accepted at ${at} or above. ${aim} right was the aim and is not proven at ${confidence} confidence; seen: ${seen}. Train on more labelled documents for a promise.`,
  nothingAlone: (missing: number, aim: string) =>
    `The model decides nothing alone: ${
      missing > 0
        ? `${count(missing)} more labelled documents are needed at least to prove when it is right often enough, near copies counted once`
        : `on none of its confidences ${aim} of the labels were right`
    }.`,
  byDefault: (at: string) => `Labels are accepted at ${at} or above. That is a default: nobody has measured the model.`,
  toPromise: (aim: string, confidence: string, needed: string) =>
    `To promise ${aim} with ${confidence} confidence, at least ${needed} accepted documents are needed, all of them right.`,
  // confusions and labels
  confusions: 'Most frequent confusions',
  noConfusions: 'None: every document of the evaluation got its label.',
  is: 'Is',
  takenFor: 'Was taken for',
  documents: 'Documents',
  ofItsLabel: 'Of its label',
  labelsCaption: 'Labels, the least well recognised first',
  label: 'Label',
  precision: 'Precision',
  recall: 'Recall',
  f1: 'F1',
  acceptsFrom: 'Accepts from',
  alwaysAsked: 'always asked',
  // plots
  objectiveBy: (isLog: boolean) => `Objective by iteration${isLog ? ' (log scale)' : ''}`,
  objectiveCaption:
    'What the final fit makes smaller, at the start and after each iteration: the mean loss of the training rows with its penalty; with the squared hinge its dual, from 0 down.',
  objective: 'objective',
  iteration: 'iteration',
  reliability: 'Reliability',
  reliabilityCaption: (gap: string) =>
    `Share right among documents of like confidence; dots grow with their number. On the dashed line confidence means what it says; the mean gap is ${gap}.`,
  asConfident: 'as confident as right',
  observed: 'observed',
  axisConfidence: 'confidence',
  shareRight: 'share right',
  columnDocuments: 'documents',
  coverageAgainst: 'Coverage against precision',
  coverageCaption:
    'Going right, more documents are decided without the LLM and fewer of them rightly. Every point is a threshold.',
  thresholds: 'thresholds, strict to loose',
  tried: (threshold: string) => `tried: ${threshold}`,
  axisCoverage: 'coverage: share the model decides alone',
  axisPrecision: 'precision',
  markThreshold: (threshold: string) => `threshold ${threshold}`,
  promised: (share: string) => `promised: ${share}`,
  aimedAt: (share: string) => `aimed at: ${share}`,
  columnThreshold: 'threshold',
  columnAccepted: 'accepted',
  columnCoverage: 'coverage',
  // record
  promotions: 'Promotions',
  neverChampion: 'Never the champion so far.',
  training: 'Training',
  yes: 'yes',
  no: 'no',
  taxonomy: 'taxonomy',
  features: 'features',
  wordsPerTerm: 'words per term',
  calibration: 'calibration',
  // another threshold
  whatIf: 'What if the threshold were another?',
  acceptThreshold: (threshold: string) => `Accept threshold ${threshold}`,
  backTo: (threshold: string) => `Back to ${threshold}`,
  byLabelNote: 'This model accepts by thresholds of its labels; here one threshold is tried for all of them.',
  asManyAsNow: 'as many as now',
  againstOwn: (change: string) => `${change} against the model’s own threshold`,
  decidedAlone: (n: string) => `${n} of 1,000 decided alone`,
  nothingAccepted: 'nothing is accepted',
  wrongOfThose: (n: string) => `about ${n} of those wrong`,
  llmAsked: 'LLM asked',
  ofThousand: (n: string) => `${n} of 1,000`,
  costOfThousand: 'Cost of 1,000',
  readingPaid: 'reading what was paid so far',
  nothingPaid: 'no answer was paid for yet',
  onAverage: (price: string) => `${price} for an asked document on average`,
  scoring: 'Scoring…',
  tryOnLake: (threshold: string) => `Try ${threshold} on the documents of the lake`,
  tryNote: 'Scores the latest decision on every document again; nothing is asked or changed.',
  nothingToScore: (unavailable: number) =>
    `There is no document to score${unavailable > 0 ? `: of ${count(unavailable)} the text is no longer kept` : ' yet'}.`,
  ofTheLakeAt: (documents: number, threshold: string) =>
    `${count(documents)} ${pluralEn(documents, 'document', 'documents')} of the lake at ${threshold}`,
  notScored: (n: number) => `${count(n)} more could not be scored: their text is no longer kept.`,
  decidedByModelNow: (share: string) => `decided by a model now: ${share}`,
  otherLabel: 'Other label',
  wouldFlip: 'documents that would flip',
  askedFirst: 'Asked for the first time',
  notSeenByLlm: 'documents the LLM has not seen',
  extraCost: 'Extra cost',
  atAverage: 'at the average paid so far',
  againstPeople: 'Against people',
  nobodyDecided: 'nobody has decided any of them',
  agree: (right: number, accepted: number, documents: number) =>
    `${count(right)} of ${count(accepted)} decided alone agree; people decided ${count(documents)}`,
  runsWith: 'Runs with documents that would change:',
  andMore: (n: number) => ` and ${count(n)} more`,
  runAgain: 'Run them again for the change to take effect.',
  firstFlips: (shown: number, all: number) => `The first ${count(shown)} of ${count(all)} flips.`,
  documentsFlip: 'Documents that would flip',
  document: 'Document',
  now: 'Now',
  wouldBe: 'Would be',
  confidence: 'Confidence',
});
