// The head of a table: one row of column names.
import type { ComponentChildren } from 'preact';

/** Numbers stand at the right; `wide-only` columns are left out on narrow screens. */
export type Column = string | { name: ComponentChildren; kind: 'number' | 'wide-only' | 'plain' };

export const number = (name: ComponentChildren): Column => ({ name, kind: 'number' });

export function Head({ columns }: { columns: readonly Column[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column, index) => {
          const { name, kind } = typeof column === 'string' ? { name: column, kind: 'plain' } : column;
          return (
            <th key={index} scope="col" class={kind === 'plain' ? undefined : kind}>
              {name}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
