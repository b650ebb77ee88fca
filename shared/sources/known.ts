// What was known before a round, as a service's feed may ask for it.
import type { Known } from './feed.ts';
import type { ItemStore } from './item-store.ts';

export function knownOf(store: ItemStore): Known {
  let last: { bucket: number; ids: Promise<ReadonlySet<string>> } | undefined;
  return {
    tree: store.tree,
    isEmpty: store.tally.items === 0,
    all: () => store.all(),
    async has(id) {
      const bucket = store.bucketOf(id);
      if (last?.bucket !== bucket)
        last = { bucket, ids: store.read(bucket).then(({ items }) => new Set(items.map((item) => item.id))) };
      return (await last.ids).has(id);
    },
  };
}
