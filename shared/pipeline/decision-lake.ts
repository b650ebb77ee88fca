// What reading and changing stored decisions needs: the pipeline's services, SQL, and the Delta tables themselves. The app is one.

import type { DeltaTable } from '../lake/delta/table.ts';
import type { QueryLake } from '../lake/query.ts';
import type { PipelineServices } from './services.ts';

export interface DecisionLake {
  services: PipelineServices;
  query: QueryLake;
  /** By name; see shared/lake/tables.ts. */
  tables: ReadonlyMap<string, DeltaTable>;
}

/** A table of the lake. @throws Error for a name that is none */
export function tableOf({ tables }: Pick<DecisionLake, 'tables'>, name: string): DeltaTable {
  const found = tables.get(name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return found;
}
