// What a model was trained on, from the record that training keeps with it.
import type { RegisteredModel } from '../../../../shared/models/registry.ts';
import { words } from '../../words/models.ts';

type Training = RegisteredModel['training'];

const number = (value: Training[string] | undefined): number => (typeof value === 'number' ? value : 0);

/** One line: `1,234 documents, 210 of them decided by people, 90 by the LLM`; null where nothing is recorded. */
export function trainedOn(training: Training): string | null {
  const rows = number(training.rows);
  if (rows === 0) return null;
  const [people, llm] = [number(training.rowsHuman), number(training.rowsLlm)];
  const given = [...(people > 0 ? [words.byPeople(people)] : []), ...(llm > 0 ? [words.byLlm(llm)] : [])];
  return [words.rows(rows), ...given].join(', ');
}
