// What a model was trained on, from the record that training keeps with it.
import type { RegisteredModel } from '../../../../shared/models/registry.ts';
import { count } from '../../format.ts';

type Training = RegisteredModel['training'];

const number = (value: Training[string] | undefined): number => (typeof value === 'number' ? value : 0);

/** One line: `1,234 documents, 210 of them decided by people, 90 by the LLM`; null where nothing is recorded. */
export function trainedOn(training: Training): string | null {
  const rows = number(training.rows);
  if (rows === 0) return null;
  const [people, llm] = [number(training.rowsHuman), number(training.rowsLlm)];
  const given = [
    ...(people > 0 ? [`${count(people)} decided by people`] : []),
    ...(llm > 0 ? [`${count(llm)} by the LLM`] : []),
  ];
  return [`${count(rows)} ${rows === 1 ? 'document' : 'documents'}`, ...given].join(', ');
}
