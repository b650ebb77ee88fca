// All catalogues of German, in one file that is loaded when German is wanted. Glossary: docs/dashboard.md.
import { app } from './german/app.ts';
import { charts } from './german/charts.ts';
import { parts } from './german/parts.ts';

export const german = { app, charts, parts };
