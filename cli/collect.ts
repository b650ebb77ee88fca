// Memory that JavaScript does not see, or sees late: what DuckDB has handed over of an answer, and buffers, are freed with the small objects that stand for
// them, which are collected long after some hundred megabytes have gathered.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let gc: (() => void) | undefined;

/** Collect what is no longer used, now. */
export function collect(): void {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as () => void; // named by the flag
  }
  gc();
}
