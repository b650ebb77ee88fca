// The host's log on stderr, as JSON lines or for reading, with levels by category as host.json configures them.
import { format } from 'node:util';
import type { LogFields, Logger } from '../../shared/ports.ts';

export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';
const ORDER: readonly LogLevel[] = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'];

export interface HostLog extends Logger {
  /** Write for a category such as `Host` or `Function.uploads.User`. */
  write(level: LogLevel, category: string, event: string, fields?: LogFields): void;
}

export interface HostLogOptions {
  format: 'json' | 'pretty';
  /** host.json `logging.logLevel`: category prefix → least level; `default` for the rest. */
  levels?: Readonly<Record<string, string>>;
  /** Receives finished lines, newline included. */
  sink: (line: string) => void;
  now: () => number;
}

/** A log of the given format. Unknown level names count as `information`. */
export function createHostLog(options: HostLogOptions): HostLog {
  const least = new Map<string, number>();
  const rules = Object.entries(options.levels ?? {}).map(([prefix, level]) => [prefix, rank(level)] as const);
  const leastFor = (category: string) => {
    let found = least.get(category);
    if (found === undefined) {
      const match = rules
        .filter(([prefix]) => prefix !== 'default' && (category === prefix || category.startsWith(`${prefix}.`)))
        .sort(([a], [b]) => b.length - a.length)[0];
      found = match?.[1] ?? rules.find(([prefix]) => prefix === 'default')?.[1] ?? rank('information');
      least.set(category, found);
    }
    return found;
  };
  const write: HostLog['write'] = (level, category, event, fields = {}) => {
    if (level === 'none' || rank(level) < leastFor(category)) return;
    const time = new Date(options.now()).toISOString();
    options.sink(
      options.format === 'json'
        ? `${JSON.stringify({ time, level, category, event, ...fields })}\n`
        : `${time.slice(11, 23)} ${level.slice(0, 4)} ${category}: ${event}${prettyFields(fields)}\n`,
    );
  };
  return {
    write,
    debug: (event, fields) => write('debug', 'Host', event, fields),
    info: (event, fields) => write('information', 'Host', event, fields),
    warn: (event, fields) => write('warning', 'Host', event, fields),
    error: (event, fields) => write('error', 'Host', event, fields),
  };
}

function rank(level: string): number {
  const at = ORDER.indexOf(level.toLowerCase() as LogLevel); // `as`: unknown names give -1
  return at < 0 ? ORDER.indexOf('information') : at;
}

function prettyFields(fields: LogFields): string {
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined);
  return shown.length === 0 ? '' : ` ${shown.map(([key, value]) => `${key}=${format(value)}`).join(' ')}`;
}
