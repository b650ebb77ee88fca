// Parts that several views share: states, dialogs, badges, the page beside its text.
import { catalogue, type Shown, type Wrap } from '../language/catalogue.ts';

export const words = catalogue('parts', {
  loading: (what: string) => `Loading ${what}…`,
  mayNotSee: 'You may not see this.',
  tryAgain: 'Try again',
  fromBefore: 'What you see is from before.',
  noAnswer: 'The host does not answer.',
  noAnswerRemedy: 'Check that it runs. The page tries again by itself.',
  answered: (status: number) => `The server answered ${status}.`,
  close: 'Close',
  closeMessage: 'Close message',
  cancel: 'Cancel',
  // badges of runs and documents
  status: {
    labelled: 'labelled',
    review: 'in review',
    failed: 'failed',
    completed: 'completed',
    running: 'running',
    pending: 'pending',
    cancelled: 'cancelled',
  } as Readonly<Record<string, string>>,
  confidence: (share: string) => `confidence ${share}`,
  of: (done: string, total: string) => `${done} of ${total}`,
  cannotBeRead: (id: string, message: string, code: string, remedy: string) =>
    `${id} cannot be read: ${message} (${code}). ${remedy}`,
  erased: '(erased)',
  deciders: { model: 'model', encoder: 'encoder', llm: 'LLM', duplicate: 'duplicate', human: 'person' } as Readonly<
    Record<string, string>
  >,
  // who are you
  whoAreYou: 'This host asks who you are',
  signInNote:
    "Sign in with your organisation's account, or give a function key. The key stays in this tab and is forgotten when you close it.",
  signIn: 'Sign in',
  functionKey: 'Function key',
  useKey: 'Use key',
  // where a document lies
  rowOf: 'Row of',
  attachmentOf: 'Attachment of',
  inside: 'Inside',
  inFolder: (folder: string) => `in ${folder}`,
  // marked text
  textOfDocument: 'Text of the document',
  supports: (mark: Wrap, label: string): Shown => [mark('term'), ` supports ${label}`],
  quotedByLlm: (mark: Wrap): Shown => [mark('words'), ' quoted by the LLM'],
  // the page beside its text
  page: 'Page',
  text: 'Text',
  thePage: 'the page',
  setFromText: 'Set from the text that was read; the original looks different.',
  previousPage: 'Previous page (,)',
  nextPage: 'Next page (.)',
  farther: 'Farther (-)',
  closer: 'Closer (+)',
  turn: 'Turn (R)',
  thisPageNotRead: 'This page was not read',
  notRead: 'Not read',
  pageNumber: (page: number) => `page ${page}`,
  quoteNowhere: (pages: number) => `The quote stands on none of the first ${pages} pages as a whole.`,
  quoteElsewhere: 'The quote is not on this page.',
  looking: 'Looking…',
  findIt: 'Find it',
  pageName: (page: number) => `Page ${page}`,
  pageNameOf: (page: number, pages: number) => `Page ${page} of ${pages}`,
  picture: (name: string) => `${name}, picture`,
  markedTerms: (terms: number) => (terms === 1 ? '1 marked term' : `${terms} marked terms`),
  quoteMarked: 'the quote marked',
});
