// Operations on single documents, on the review's progress, and on models in detail: part of the list in openapi.ts.
import {
  documentTextSchema,
  pagePictureSchema,
  reviewProgressSchema,
  reviewReleaseSchema,
  reviewSkipSchema,
  rollbackRequestSchema,
} from './insights.ts';

import type { Operation } from './operation.ts';
import { useEncoderSchema } from './training.ts';

export const DOCUMENT_OPERATIONS: readonly Operation[] = [
  {
    ...{ method: 'get', route: 'documents/{documentId}/text', id: 'documentText', tag: 'documents' },
    query: documentTextSchema,
    summary: 'The text that a decision was made on; null when it is no longer kept',
    ok: [[200, 'The text, or its beginning']],
    problems: [404],
  },
  {
    ...{ method: 'get', route: 'documents/{documentId}/source', id: 'documentSource', tag: 'documents' },
    summary:
      'The original; of archive members and data set rows the file they are in. x-sluice-source-changed: replaced since',
    ok: [[200, 'The file as it was uploaded', 'application/octet-stream']],
    problems: [404, 410, 413],
  },
  {
    ...{ method: 'get', route: 'documents/{documentId}/pages/{pageFile}', id: 'documentPage', tag: 'documents' },
    query: pagePictureSchema,
    summary:
      'A page as people see it: `3.png` its picture (PDF and images as they are, anything else as the text that was read), `3.json` its text with the box of each word',
    ok: [
      [200, 'The picture', 'image/png'],
      [200, 'Text and places'],
    ],
    problems: [404, 409, 410, 413, 422],
  },
  {
    ...{ method: 'get', route: 'review/progress', id: 'reviewProgress', tag: 'review', query: reviewProgressSchema },
    summary: 'What waits for people, and what they have decided since a moment',
    ok: [[200, 'Counts of documents']],
  },
  {
    ...{ method: 'post', route: 'review/skip', id: 'skipReview', tag: 'review', body: reviewSkipSchema },
    summary: 'Put a document aside: others may take it at once, this window is not shown it for a while',
    ok: [[204, 'Done']],
    problems: [409],
  },
  {
    ...{ method: 'post', route: 'review/release', id: 'releaseReview', tag: 'review', body: reviewReleaseSchema },
    summary: 'The window closes: others may take its documents at once',
    ok: [[204, 'Done']],
  },
  {
    ...{ method: 'post', route: 'review/calibrate', id: 'calibrateLlm', tag: 'review' },
    summary: 'Learn from what people decided how often LLM answers are right; later runs use it',
    ok: [[200, 'Answers that were checked, and a curve per prompt version with enough of them']],
  },
  {
    ...{ method: 'get', route: 'models/train', id: 'listTrainings', tag: 'models' },
    summary: 'The newest trainings first, 20 at most',
    ok: [
      [200, 'Trainings with state, rows by who gave their label, and progress; broken ones with file, code and remedy'],
    ],
  },
  {
    ...{ method: 'get', route: 'models/{version}', id: 'getModel', tag: 'models' },
    summary: 'What a model is, how it was judged and how its training went',
    ok: [[200, 'Description, evaluation with confusion, reliability and coverage, objective by iteration, promotions']],
    problems: [404],
  },
  {
    ...{ method: 'get', route: 'models/{version}/files/{modelFile}', id: 'modelFile', tag: 'models' },
    summary: 'A file of a model: `manifest.json`, or one that it names. Its terms are words of your documents',
    ok: [[200, 'The file as it is stored', 'application/octet-stream']],
    problems: [404],
  },
  {
    ...{ method: 'post', route: 'models/rollback', id: 'rollbackModel', tag: 'models', body: rollbackRequestSchema },
    summary: 'Make the champion before the present one the champion again',
    ok: [[200, 'The champion']],
    problems: [404, 409],
  },
  {
    ...{ method: 'get', route: 'encoders', id: 'listEncoders', tag: 'models' },
    summary: 'Sentence encoders of the lake, and which one trainings and cold starts use',
    ok: [[200, 'Encoders, and the broken ones with the reason']],
  },
  {
    ...{ method: 'post', route: 'encoders/use', id: 'useEncoder', tag: 'models', body: useEncoderSchema },
    summary:
      'Choose the encoder of trainings and cold starts: a version, or a name in EMBEDDING_DEPLOYMENTS (asked one question first); null for none',
    ok: [[200, 'The encoder in use']],
    problems: [404],
  },
];
