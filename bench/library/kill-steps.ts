// A round of a source that ends before any of its steps, a call to lake, landing container or service: what it leaves behind is what a process leaves that is
// killed there. Another process, which shares nothing else with it, ends the round.
import { Drive } from '../../local/emulators/graph/drive.ts';
import { Graph } from '../../local/emulators/graph/graph.ts';
import { sourceEntrySchema } from '../../shared/api/source-entry.ts';
import { type Clock, silentLogger } from '../../shared/ports.ts';
import { syncDrive } from '../../shared/sources/drive-round.ts';
import { Gate } from '../../shared/sources/graph/gate.ts';
import { GraphClient } from '../../shared/sources/graph/graph-client.ts';
import { graphService } from '../../shared/sources/graph/graph-service.ts';
import { memoryState } from './folder-store.ts';
import { MemoryStore } from './memory-store.ts';

const ORIGIN = 'https://graph.example';
const HOST = 'contoso.sharepoint.example';
const TOKEN = 'bench';
const clock: Clock = { now: () => Date.UTC(2026, 5, 1, 8), sleep: async () => undefined };

export interface KillFigures {
  files: number;
  /** Of a round that nobody ends. */
  steps: number;
  kills: number;
  /** Different things that they left behind; what was left before is not gone on from again. */
  states: number;
  /** Files that had not landed after all. */
  lost: number;
  /** Files that were put into the landing container a second time. */
  doubled: number;
  /** Files that were fetched a second time, over all kills, and at most in one. */
  repeated: number;
  mostRepeated: number;
}

/** A library of small files; every call to it is a step. */
function library(files: number): Graph {
  const options = { now: () => clock.now(), token: TOKEN, pageSize: 50, downloadLifeMs: 3_600_000 };
  const graph = new Graph({ ...options, origin: ORIGIN, downloadOrigin: `https://${HOST}` });
  const drive = new Drive('b!bench', 'Documents', `https://${HOST}/sites/tax/Documents`, {
    ...{ now: options.now, lagMs: 0, hashAfterMs: 0 },
  });
  for (let i = 0; i < files; i++) drive.putFile(`Folder ${i % 7}/letter ${i}.txt`, Buffer.from(`letter ${i}`));
  graph.sites.push({ id: 'bench', host: HOST, path: '/sites/tax', displayName: 'Tax', drives: [drive] });
  return graph;
}

/** A process that works on the source. */
async function work(graph: Graph, lake: MemoryStore, landing: MemoryStore, step: () => number, downloads: number[]) {
  const entry = sourceEntrySchema.parse({ name: 'tax', kind: 'sharepoint', site: `https://${HOST}/sites/tax` });
  if (entry.kind !== 'sharepoint') throw new Error('not what was asked for');
  const fetched = async (target: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(String(target));
    const now = step();
    if (url.host === HOST) downloads.push(now);
    const { status, headers, body } = await graph.handle({
      ...{ method: init.method ?? 'GET', url, headers: new Headers(init.headers), body: '' },
    });
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body === undefined ? '' : JSON.stringify(body));
    return new Response(bytes.length === 0 ? null : new Uint8Array(bytes), { status, headers: headers ?? {} });
  };
  const gate = new Gate({ state: memoryState(), clock, key: 'graph', unitsPerMinute: 10_000_000 });
  const client = new GraphClient({
    ...{ fetch: fetched, token: async () => TOKEN, root: `${ORIGIN}/v1.0`, gate, clock, logger: silentLogger },
  });
  const service = graphService(client, entry, silentLogger, clock);
  const [drive] = await service.drives();
  if (drive === undefined) throw new Error('the site has no library');
  const deps = { lake, landing, clock, logger: silentLogger, parallel: 4, erase: async () => undefined };
  return () => syncDrive(deps, entry, drive, service.feed(drive));
}

/** @param wants  at which steps the round is ended, of so many. @param told  how many kills are done, of how many */
export async function killSteps(
  files: number,
  wants: (step: number, steps: number) => boolean,
  told: (done: number, of: number) => void = () => undefined,
): Promise<KillFigures> {
  const graph = library(files);
  let steps = 0;
  const next = () => steps++;
  const [lake, landing] = [new MemoryStore(next), new MemoryStore(next)];
  const downloads: number[] = [];
  await (await work(graph, lake, landing, next, downloads))();
  const chosen = Array.from({ length: steps }, (_, step) => step).filter((step) => wants(step, steps));
  const found: KillFigures = { files, steps, kills: 0, states: 0, lost: 0, doubled: 0, repeated: 0, mostRepeated: 0 };
  const known = new Map<string, Ended>();
  for (const step of chosen) {
    const left = `${lake.changesBefore(step)} ${landing.changesBefore(step)}`;
    const ended = known.get(left) ?? (await goOn(graph, files, lake.before(step, none), landing.before(step, none)));
    known.set(left, ended);
    found.kills++;
    found.states = known.size;
    found.lost += ended.lost;
    found.doubled += ended.doubled;
    const repeated = downloads.filter((one) => one < step).length + ended.fetched - files;
    found.repeated += repeated;
    found.mostRepeated = Math.max(found.mostRepeated, repeated);
    told(found.kills, chosen.length);
  }
  return found;
}

interface Ended {
  lost: number;
  doubled: number;
  fetched: number;
}

const none = (): number => 0;

/** Another process ends the round, and looks again. */
async function goOn(graph: Graph, files: number, lake: MemoryStore, landing: MemoryStore): Promise<Ended> {
  const again: number[] = [];
  const landed = landing.paths().length;
  const round = await work(graph, lake, landing, none, again);
  const { state } = await round();
  const after = await round();
  const paths = landing.paths();
  graph.log.length = 0;
  return {
    lost: files - Math.min(paths.length, state.counts.landed ?? 0),
    doubled: landed + landing.arrived.length - paths.length + after.landed,
    fetched: again.length,
  };
}
