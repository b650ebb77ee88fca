// The SQL of infra/synapse: files in order, their placeholders and their batches. Pure, apart from reading the files.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface SqlFile {
  name: string;
  /** Database the file runs in. */
  database: 'master' | 'sluice';
  batches: string[];
}

/** Batches of a script: parts between lines that hold only GO. CREATE VIEW must be alone in its batch. */
export function splitBatches(script: string): string[] {
  return script
    .split(/^[ \t]*GO[ \t]*\r?$/im)
    .map((batch) => batch.trim())
    .filter((batch) => batch.replace(/--.*$/gm, '').trim() !== '');
}

/**
 * Put values in the place of $(name).
 * @throws Error when a value is missing, or could leave its place: values stand inside '…' or […]
 */
export function fillPlaceholders(script: string, values: Readonly<Record<string, string>>): string {
  return script.replace(/\$\((\w+)\)/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the SQL needs a value for $(${name})`);
    if (!/^[A-Za-z0-9 ._:/@-]+$/.test(value)) throw new Error(`$(${name}) holds characters that SQL text must not get`);
    return value;
  });
}

/** The files of infra/synapse in the order of their numbers; 01 runs in master, the others in sluice. */
export function readSqlFiles(values: Readonly<Record<string, string>>): SqlFile[] {
  const folder = fileURLToPath(new URL('../synapse', import.meta.url));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => ({
      name,
      database: name.startsWith('01-') ? 'master' : 'sluice',
      batches: splitBatches(fillPlaceholders(readFileSync(`${folder}/${name}`, 'utf8'), values)),
    }));
}
