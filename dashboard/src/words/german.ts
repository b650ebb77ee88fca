// All catalogues of German, in one file that is loaded when German is wanted. Glossary: docs/dashboard.md.
import { app } from './german/app.ts';
import { charts } from './german/charts.ts';
import { document } from './german/document.ts';
import { documents } from './german/documents.ts';
import { errors } from './german/errors.ts';
import { labels } from './german/labels.ts';
import { offer } from './german/offer.ts';
import { parts } from './german/parts.ts';
import { review } from './german/review.ts';
import { run } from './german/run.ts';
import { runs } from './german/runs.ts';

export const german = { app, charts, document, documents, errors, labels, offer, parts, review, run, runs };
