// The panel of added documents.
import { count } from '../format.ts';
import { catalogue } from '../language/catalogue.ts';
import { pluralEn } from '../language/plural.ts';

export const words = catalogue('drop', {
  title: 'Added documents',
  clearDone: 'Clear done',
  closePanel: 'Close the panel of added documents',
  closeNote: 'Close; uploads go on',
  chooseFiles: 'Choose files',
  chooseFolder: 'Choose a folder',
  orDrop:
    'Or drop them anywhere on the page. Files are decided at once; a folder is imported first, with a quote before its run.',
  atMost: (size: string) => `At most ${size} a file.`,
  files: 'Files',
  folder: 'Folder',
  because: {
    'too-large': (max: string) =>
      `is larger than ${max}, the limit of one upload (UPLOAD_MAX_BYTES). Split it, or copy it into the lake with AzCopy or \`sluice upload\`.`,
    'path-too-long': (_max: string): string => 'has too long a path. Move it nearer to the folder you drop.',
    unreadable: (_max: string): string =>
      'could not be read by the browser. Check that it is still there and that you may read it.',
  },
  notTaken: (n: number) => `${count(n)} ${pluralEn(n, 'file was', 'files were')} not taken.`,
  andMore: (n: number) => `… and ${count(n)} more.`,
  importOf: (name: string) => `Import of ${name}`,
  to: 'to',
  uploadingName: (name: string) => `Uploading ${name}`,
  progress: (done: string, total: string, doneSize: string, size: string) =>
    `${done} of ${total} files, ${doneSize} of ${size}`,
  failedCount: (n: number) => `, ${count(n)} failed`,
  cancelledStays: ' – cancelled; what arrived stays',
  failedFiles: 'Failed files',
  cancel: 'Cancel',
  tryAgain: (files: number) => `Try ${files === 1 ? 'it' : 'them'} again`,
  quoteAndStart: 'Quote and start',
  // one file
  states: {
    waiting: 'waits for the uploads before it',
    uploading: 'uploading…',
    taken: '',
    deciding: 'uploaded, being decided…',
    decided: '',
    failed: '',
    cancelled: 'cancelled',
  },
  tryFileAgain: 'Try again',
  nameTaken: 'A file of this name is in landing already.',
  keepBoth: 'Keep both',
  replace: 'Replace it',
  doNotUpload: 'Do not upload',
  stopFollowingIt: (path: string) => `Stop following ${path}`,
  cancelUpload: (path: string) => `Cancel the upload of ${path}`,
  stopFollowing: 'Stop following',
  why: 'Why',
  spokeForIt: (terms: string) => `Spoke for it: ${terms}`,
  decidedBy: {
    model: 'by the model',
    encoder: 'with the encoder',
    llm: 'by the LLM',
    duplicate: 'as duplicate',
    human: 'by a person',
  } as Readonly<Record<string, string>>,
  showDocuments: (n: number) => `Show the ${count(n)} documents in it`,
});
