// Structured log lines on stderr: one JSON object a line, event name, ids and numbers. No content, ever.
import type { Clock, LogFields, Logger } from './ports.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

/** A logger that drops events below `level`. */
export function createLogger(
  level: string,
  clock: Clock,
  write: (line: string) => void = (line) => process.stderr.write(line),
): Logger {
  const least = Math.max(0, LEVELS.indexOf(level as Level)); // an unknown level logs everything
  const at = (severity: Level) => (event: string, fields?: LogFields) => {
    if (LEVELS.indexOf(severity) < least) return;
    write(`${JSON.stringify({ time: new Date(clock.now()).toISOString(), level: severity, event, ...fields })}\n`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
