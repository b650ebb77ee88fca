// Records that a list cannot show, each with its file and what to do about it.
import type { BrokenRecord } from '../../../shared/record-json.ts';
import { words } from '../words/parts.ts';

export function BrokenRecords({ records }: { records: readonly BrokenRecord[] }) {
  return (
    <>
      {records.map(({ id, code, message, remedy }) => (
        <p class="note warn" key={id}>
          {words.cannotBeRead(id, message, code, remedy)}
        </p>
      ))}
    </>
  );
}
