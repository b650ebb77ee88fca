// A tenant on the Graph emulator, in this process, and a source on it: lake, landing and clock in memory. No store of Graph is mocked.
import { Drive } from '../../local/emulators/graph/drive.ts';
import { Graph, type GraphOptions, type GraphSite } from '../../local/emulators/graph/graph.ts';
import { Mailbox } from '../../local/emulators/graph/mailbox.ts';
import { type SourceEntry, sourceEntrySchema } from '../../shared/api/source-entry.ts';
import { type Clock, silentLogger } from '../../shared/ports.ts';
import { connect } from '../../shared/sources/connect.ts';
import { type RoundOptions, type RoundOutcome, syncDrive } from '../../shared/sources/drive-round.ts';
import { readDriveState } from '../../shared/sources/drive-state.ts';
import type { Service, Drive as SourceDrive } from '../../shared/sources/feed.ts';
import { Gate } from '../../shared/sources/graph/gate.ts';
import { GraphClient } from '../../shared/sources/graph/graph-client.ts';
import { ItemStore } from '../../shared/sources/item-store.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';
import { MemoryStateTable } from '../fakes/memory-state-table.ts';

/** Sleeping moves the time on; nothing waits. */
export class JumpClock implements Clock {
  #now = Date.UTC(2026, 5, 1, 8);
  /** Every sleep so far, ms. */
  readonly sleeps: number[] = [];

  now(): number {
    return this.#now;
  }

  async sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    this.#now += ms;
  }
}

export const GRAPH = 'https://graph.example';
export const DOWNLOADS = 'https://contoso.sharepoint.example';
/** Its claims name the app as rows of the emulator do. */
const TOKEN = `x.${Buffer.from('{"appid":"sluice"}').toString('base64url')}.x`;

export class Tenant {
  readonly clock = new JumpClock();
  readonly graph: Graph;
  readonly lake: MemoryLake;
  readonly landing: MemoryLake;
  readonly state = new MemoryStateTable();
  readonly logged: string[] = [];
  readonly erased: string[] = [];
  /** Thrown by the next erasures. */
  readonly eraseErrors: Error[] = [];
  /** The setting SOURCES_PASSWORDS. */
  passwords = '{"letters":"secret of letters"}';
  readonly renamed: { path: string; name: string }[] = [];
  /** Paths and contents of all that was ever put into the landing container. */
  readonly puts: string[] = [];
  site: GraphSite;
  library: Drive;
  readonly #driveOptions: { promotesFields: boolean; lagMs: number; rewriteAfterMs?: number; hashAfterMs: number };

  constructor(
    options: Partial<GraphOptions> & { lagMs?: number; rewriteAfterMs?: number; promotesFields?: boolean } = {},
  ) {
    const { lagMs = 0, rewriteAfterMs, promotesFields = false, ...rest } = options;
    const now = () => this.clock.now();
    this.lake = new MemoryLake('lake', now);
    this.landing = new MemoryLake('landing', now);
    this.#driveOptions = {
      promotesFields,
      lagMs,
      hashAfterMs: 5000,
      ...(rewriteAfterMs === undefined ? {} : { rewriteAfterMs }),
    };
    this.graph = new Graph({
      ...{ now, origin: GRAPH, downloadOrigin: DOWNLOADS, downloadLifeMs: 3_600_000, pageSize: 200, token: TOKEN },
      ...rest,
    });
    this.site = this.addSite('/sites/tax', ['Documents']);
    this.library = this.site.drives[0]!;
    const upload = this.landing.upload.bind(this.landing);
    this.landing.upload = async (path, file, condition) => {
      this.puts.push(path);
      return upload(path, file, condition);
    };
  }

  addSite(path: string, libraries: readonly string[]): GraphSite {
    const host = 'contoso.sharepoint.example';
    const drives = libraries.map((name, i) => this.newDrive(`b!${path}-${i}`, name, `https://${host}${path}/${name}`));
    const site: GraphSite = { id: `${host},${path}`, host, path, displayName: path, drives };
    this.graph.sites.push(site);
    return site;
  }

  newDrive(id: string, name: string, webUrl: string): Drive {
    return new Drive(id.replaceAll('/', '_'), name, webUrl, { now: () => this.clock.now(), ...this.#driveOptions });
  }

  entry(over: Record<string, unknown> = {}): SourceEntry {
    const site = 'https://contoso.sharepoint.example/sites/tax';
    return sourceEntrySchema.parse({ name: 'tax', kind: 'sharepoint', site, ...over });
  }

  addMailbox(address = 'tax@contoso.example'): Mailbox {
    const mailbox = new Mailbox(address, () => this.clock.now());
    this.graph.users.set(address, { mailbox });
    return mailbox;
  }

  mailEntry(over: Record<string, unknown> = {}): SourceEntry {
    return sourceEntrySchema.parse({ name: 'mail', kind: 'exchange', mailbox: 'tax@contoso.example', ...over });
  }

  client(): GraphClient {
    const logger = () => undefined;
    const log = (event: string, fields: unknown = {}) => void this.logged.push(`${event} ${JSON.stringify(fields)}`);
    return new GraphClient({
      fetch: this.fetch,
      token: async () => TOKEN,
      root: `${GRAPH}/v1.0`,
      gate: new Gate({ state: this.state, clock: this.clock, key: 'graph', unitsPerMinute: 1200 }),
      clock: this.clock,
      logger: { debug: log, info: log, warn: log, error: log ?? logger },
    });
  }

  /** `fetch` on the emulator. */
  readonly fetch = async (target: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(String(target));
    const reply = await this.graph.handle({
      method: init.method ?? 'GET',
      url,
      headers: new Headers(init.headers),
      body: typeof init.body === 'string' ? init.body : '',
    });
    if (reply.status === 0) throw new TypeError('fetch failed');
    const bytes = Buffer.isBuffer(reply.body)
      ? reply.body
      : Buffer.from(reply.body === undefined ? '' : JSON.stringify(reply.body));
    const { cutAfter } = reply;
    const headers = {
      ...reply.headers,
      ...(Buffer.isBuffer(reply.body) ? { 'content-length': String(bytes.length) } : {}),
    };
    if (cutAfter !== undefined) {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(bytes.subarray(0, cutAfter));
          controller.error(new TypeError('terminated'));
        },
      });
      return new Response(body, { status: reply.status, headers });
    }
    const isBare = reply.status === 204 || reply.status === 304;
    return new Response(isBare || bytes.length === 0 ? null : new Uint8Array(bytes), { status: reply.status, headers });
  };

  drives(entry = this.entry()): Promise<SourceDrive[]> {
    return this.connect(entry).drives();
  }

  connect(entry = this.entry()): Service {
    return connect(entry, { graph: this.client(), passwords: this.passwords, logger: silentLogger, clock: this.clock });
  }

  async sync(options: RoundOptions & { entry?: SourceEntry; drive?: Drive } = {}): Promise<RoundOutcome> {
    const entry = options.entry ?? this.entry();
    const all = await this.drives(entry);
    const wanted = entry.kind === 'exchange' || entry.kind === 'imap' ? all[0]?.id : (options.drive ?? this.library).id;
    const drive = all.find(({ id }) => id === wanted)!;
    const log = (event: string, fields: unknown = {}) => void this.logged.push(`${event} ${JSON.stringify(fields)}`);
    const service = this.connect(entry);
    const done = syncDrive(
      {
        ...{ lake: this.lake, landing: this.landing, clock: this.clock, parallel: 4 },
        logger: { debug: log, info: log, warn: log, error: log },
        erase: async (path) => {
          const error = this.eraseErrors.shift();
          if (error !== undefined) throw error;
          this.erased.push(path);
        },
        rename: async (renamed) => void this.renamed.push(...renamed),
      },
      entry,
      drive,
      service.feed(drive),
      options,
    );
    return done.finally(() => service.close());
  }

  /** What the source knows now: state and code by path. */
  async items(entry = this.entry()): Promise<Record<string, string>> {
    const [drive] = await this.drives(entry);
    const found = await readDriveState(this.lake, entry.name, drive!.key);
    if (found === undefined) return {};
    const place = { source: entry.name, driveId: drive!.id, driveKey: drive!.key };
    const store = await ItemStore.open(this.lake, place, found.state);
    const states: Record<string, string> = {};
    for await (const item of store.all())
      if (item.state !== 'none')
        states[store.tree.pathOf(item)] = item.code === null ? item.state : `${item.state} ${item.code}`;
    return states;
  }

  /** Texts of what was put, in the order it was put. */
  contents(): Promise<string[]> {
    return Promise.all(this.puts.map(async (path) => (await this.landing.read(path)).toString('utf8')));
  }

  /** Texts in the landing container. */
  async landed(): Promise<string[]> {
    const texts: string[] = [];
    for await (const { path } of this.landing.list('')) texts.push((await this.landing.read(path)).toString('utf8'));
    return texts.sort();
  }
}
