// All catalogues of German, in one file that is loaded when German is wanted. Glossary: docs/dashboard.md.
import { app } from './german/app.ts';
import { charts } from './german/charts.ts';
import { compare } from './german/compare.ts';
import { costs } from './german/costs.ts';
import { document } from './german/document.ts';
import { documents } from './german/documents.ts';
import { drop } from './german/drop.ts';
import { errors } from './german/errors.ts';
import { labels } from './german/labels.ts';
import { many } from './german/many.ts';
import { model } from './german/model.ts';
import { models } from './german/models.ts';
import { offer } from './german/offer.ts';
import { parts } from './german/parts.ts';
import { review } from './german/review.ts';
import { run } from './german/run.ts';
import { runs } from './german/runs.ts';
import { sources } from './german/sources.ts';
import { unchecked } from './german/unchecked.ts';

export const german = {
  app,
  charts,
  compare,
  costs,
  document,
  documents,
  drop,
  errors,
  labels,
  many,
  model,
  models,
  offer,
  parts,
  review,
  run,
  runs,
  sources,
  unchecked,
};
