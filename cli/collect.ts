// Memory that JavaScript does not see: what DuckDB has handed over of an answer is freed with the small object that stands for it, which is collected
// long after some hundred megabytes have gathered.
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
