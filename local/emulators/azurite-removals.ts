// How Azurite takes entries out of its catalogues: what it looks for and removes in one call has all indexes of the catalogue made anew, also where it finds
// nothing. Each message that is read from a queue looks for expired ones, and each block that nothing points to any more is removed by itself, so a storage
// with thousands of messages did little else.
// Invariant: X1 the catalogue holds the same as after Azurite's own removal. Entries of equal keys may lie in another order in an index, as after any
// single removal of Azurite's; and where nothing was removed nothing is saved.

/** So many entries are taken out one by one; above it making the indexes anew is less. */
const FEW = 4;

interface Entry {
  $loki: number;
  meta: unknown;
}

interface Collection {
  data: Entry[];
  remove(entry: Entry): void;
  removeBatchByPositions(positions: readonly number[]): void;
}

/** Have Azurite keep its indexes where it removes nothing or little. @param ofAzurite  require as Azurite's entry file has it */
export function keepIndexes(ofAzurite: NodeJS.Require): void {
  const { prototype } = (ofAzurite('lokijs') as { Collection: { prototype: Collection } }).Collection;
  const { removeBatchByPositions } = prototype;
  prototype.removeBatchByPositions = function remove(this: Collection, positions: readonly number[]): void {
    if (positions.length > FEW) {
      removeBatchByPositions.call(this, positions);
      return;
    }
    for (const entry of positions.map((position) => this.data[position]!)) {
      const { $loki, meta } = entry;
      this.remove(entry);
      Object.assign(entry, { $loki, meta }); // a removal by position leaves the entry itself as it was
    }
  };
}
