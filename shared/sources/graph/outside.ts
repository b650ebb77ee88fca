// Something that a source has no business with: an identity with no more rights than it needs is refused it.
import type { GraphEntry } from '../../api/source-entry.ts';
import type { Service } from '../feed.ts';
import { type GraphClient, GraphError } from './graph-client.ts';
import { siteIdOf, sitePath } from './sites.ts';

/** The field `outside` of the entry; of a site else the tenant's root site, which exists everywhere. */
export function outsideOf(graph: GraphClient, entry: GraphEntry): NonNullable<Service['outside']> {
  const what = entry.outside ?? (entry.kind === 'sharepoint' ? rootOf(entry.site) : undefined);
  return {
    what,
    async ask() {
      if (what === undefined) return 'unnamed';
      try {
        await read(graph, entry.kind, what);
        return 'given';
      } catch (error) {
        if (error instanceof GraphError && (error.status === 401 || error.status === 403)) return 'refused';
        if (error instanceof GraphError && error.status === 404) return 'absent';
        throw error;
      }
    },
  };
}

async function read(graph: GraphClient, kind: GraphEntry['kind'], what: string): Promise<void> {
  if (kind === 'sharepoint') {
    // A site may say its name and refuse what it holds.
    const site = await siteIdOf(graph, what);
    await graph.json(`/sites/${encodeURIComponent(site)}/drives`, { units: 2 });
    return;
  }
  const below = kind === 'onedrive' ? 'drive' : 'mailFolders/inbox';
  await graph.json(`/users/${encodeURIComponent(what)}/${below}`, {
    ...{ units: 1, headers: { prefer: 'IdType="ImmutableId"' } },
  });
}

/** undefined for a source that is the root site itself. */
function rootOf(site: string): string | undefined {
  const root = new URL('/', site).href;
  return sitePath(root) === sitePath(site) ? undefined : root;
}
