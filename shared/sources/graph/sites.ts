// Addresses as people copy them from a browser → the drives of a source. Nothing is searched for: with rights on single sites a search finds none.
import { z } from 'zod';
import type { SourceEntry } from '../../api/source-entry.ts';
import { TerminalError } from '../../errors.ts';
import { sha256Hex } from '../../ids.ts';
import type { Drive } from '../feed.ts';
import { type GraphClient, GraphError } from './graph-client.ts';

const driveSchema = z.looseObject({ id: z.string(), name: z.string().optional(), webUrl: z.string().optional() });
const listSchema = z.looseObject({ value: z.array(driveSchema), '@odata.nextLink': z.string().optional() });
const siteSchema = z.looseObject({ id: z.string(), displayName: z.string().optional() });
const MAX_PAGES = 100;

/** The drives of a source. @throws {TerminalError} config.invalid, {GraphError} source.forbidden, sync.not-found */
export async function drivesOf(
  graph: GraphClient,
  entry: Extract<SourceEntry, { kind: 'sharepoint' | 'onedrive' }>,
): Promise<Drive[]> {
  if (entry.kind === 'onedrive') {
    const { body } = await graph.json(`/users/${encodeURIComponent(entry.user)}/drive`, { units: 1 });
    return [toDrive(driveSchema.parse(body))];
  }
  const site = await siteOf(graph, entry.site);
  const drives: Drive[] = [];
  let link: string | undefined = `/sites/${encodeURIComponent(site)}/drives`;
  for (let page = 0; link !== undefined && page < MAX_PAGES; page++) {
    const list = listSchema.parse((await graph.json(link, { units: 2 })).body);
    drives.push(...list.value.map(toDrive));
    link = list['@odata.nextLink'];
  }
  if (entry.libraries.length === 0) return drives;
  const byName = new Map(drives.map((drive) => [drive.name.toLowerCase(), drive]));
  const missing = entry.libraries.filter((name) => !byName.has(name.toLowerCase()));
  if (missing.length > 0)
    throw new TerminalError(
      'config.invalid',
      `SOURCES ${entry.name}: the site has no library ${missing.map((name) => `"${name}"`).join(', ')}; it has ${drives.map(({ name }) => `"${name}"`).join(', ')}`,
    );
  return entry.libraries.flatMap((name) => byName.get(name.toLowerCase()) ?? []);
}

/** `https://host/sites/x/anything`, `/teams/x`, `/personal/x`, or the host's own site. */
export function sitePath(address: string): string {
  const url = new URL(address);
  const m = /^\/(?::\w:\/[rs]\/)?(sites|teams|personal)\/([^/]+)/i.exec(url.pathname);
  return m === null ? `/sites/${url.host}:/` : `/sites/${url.host}:/${m[1]}/${m[2]}`;
}

/** @throws {GraphError} */
export const siteIdOf = async (graph: GraphClient, address: string): Promise<string> =>
  siteSchema.parse((await graph.json(sitePath(address), { units: 1 })).body).id;

async function siteOf(graph: GraphClient, address: string): Promise<string> {
  try {
    return await siteIdOf(graph, address);
  } catch (error) {
    if (error instanceof GraphError && error.status === 404)
      throw new TerminalError(
        'sync.not-found',
        `${address}: no such site; give the address of the site as the browser shows it`,
      );
    throw error;
  }
}

const toDrive = ({ id, name, webUrl }: z.infer<typeof driveSchema>): Drive => ({
  id,
  key: sha256Hex(id).slice(0, 16),
  name: name ?? id,
  webUrl: webUrl ?? '',
});
