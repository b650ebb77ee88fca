// What people are shown of where a document lies: of a source the path of the original, else the path in its container.
import type { Row } from './tables.ts';

/** The same in SQL, over rows of `results`. */
export const SHOWN_PATH = 'coalesce(source_name, source_path)';

/** '' for an erased document. @param row  with `source_name` and `source_path` of `results` */
export const shownPath = (row: Row): string => String(row.source_name ?? row.source_path ?? '');
