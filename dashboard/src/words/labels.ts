// Labels: writing, checking, reading from a file and storing them.
import { count } from '../format.ts';
import { catalogue } from '../language/catalogue.ts';

export const words = catalogue('labels', {
  title: 'Labels',
  theLabels: 'labels',
  inUseNow: (version: string) => `${version} is in use.`,
  leaveIt: 'What you wrote is not stored. Leave it?',
  nameOfSet: 'Name of the set',
  nameHint: 'Part of every version: small letters and dashes read best',
  namePlaceholder: 'corporate-tax',
  domain: 'What the documents are, in a sentence',
  domainHint: 'The LLM is told; without it, it is told of no field',
  domainPlaceholder: 'Letters and files of the tax department of a manufacturer',
  addLabel: 'Add a label',
  check: 'Check',
  store: 'Store…',
  toMend: (n: number) => `${count(n)} to mend above`,
  greeting:
    'Say what your documents are sorted into: a name for each kind, and in a sentence or two what belongs there, as you would tell a new colleague. Six to twenty labels are usual. No labelled documents are needed to begin.',
  // what is wrong
  setNeedsName: 'The set needs a name, such as corporate-tax.',
  atLeastTwo: 'At least two labels make a choice.',
  atMost: 'At most 1000 labels can be told apart.',
  needsName: 'It needs a name.',
  nameTaken: (name: string, owner: string | undefined) => `${name} is a name of ${owner ?? 'it twice'} already.`,
  // files
  readFrom: (labels: number, file: string) => `${count(labels)} labels read from ${file}. Nothing is stored yet.`,
  fromFileLabel: 'Labels from a file',
  fromFileTitle: 'CSV with name and description, or JSON',
  fromFile: 'From a file…',
  saveAsFile: 'Save as file',
  tooLarge: (file: string) => `${file} is too large for a list of labels.`,
  noJson: (file: string) => `${file} is no JSON.`,
  noList: (file: string) => `${file} has no list labels of {name, description}.`,
  brokenLine: (file: string, line: number) =>
    `${file}, line ${line}: the row has text after a closing quote, or a quote that never closes. Nothing was taken over.`,
  noLabels: (file: string) => `${file} holds no labels: a row for each, name and description.`,
  // one label
  label: (n: number) => `Label ${n}`,
  name: 'Name',
  description: 'What belongs here, and what does not',
  aliases: 'Also called',
  oneALine: 'one a line',
  removeIt: (name: string) => `Remove ${name}`,
  remove: 'Remove',
  // remarks
  thin: 'The description says little beyond the name: what do such documents hold, and what does not belong?',
  same: (other: string) => `Nothing tells it from ${other}: merge them, or say what only one of them holds.`,
  alike: (other: string) => `Reads like ${other}: say what sets them apart.`,
  first: (labels: number) => `${count(labels)} labels, the first of this lake`,
  added: (name: string) => `New: ${name}`,
  gone: (name: string) => `Gone: ${name}`,
  renamed: (from: string, to: string) => `${from} is called ${to}`,
  another: (label: string, fields: string) => `${label}: another ${fields}`,
  fields: { description: 'description', aliases: 'aliases' } as Readonly<Record<string, string>>,
  anotherDomain: 'Another sentence about the documents',
  anotherOrder: 'Another order or name of the set',
  verdict: (n: number, isByMeaning: boolean) => {
    const how = isByMeaning ? 'compared by their meaning' : 'compared by their words';
    return n === 0 ? `No two read alike (${how}).` : `${count(n)} to think about (${how}).`;
  },
  // storing
  useThese: 'Use these labels from now on?',
  fromNowOn: 'Runs that start from now on use them. Decisions that are there stay as they are.',
  fromNowOnChanged:
    'Runs that start from now on use them. Decisions that are there stay as they are; run again to sort by the new ones, and train the model again: it knows the old ones.',
  nevertheless: 'They can be stored nevertheless.',
  notYet: 'Not yet',
  storeNow: 'Store',
  // versions
  versions: 'Versions',
  versionsNote: 'Decisions keep the version they were made under. Storing one of these again puts it back in use.',
  versionsOf: 'Versions of the labels',
  version: 'Version',
  labels: 'Labels',
  stored: 'Stored',
  inUse: 'in use',
  editFrom: 'Edit from here',
  show: 'Show',
});
