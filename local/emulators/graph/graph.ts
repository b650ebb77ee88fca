// Microsoft Graph as far as sources use it: sites, drives, delta, content, list item fields, mailboxes. Stateful, with a
// budget of resource units, links in changing shapes, and faults as data. Answers requests as values: over HTTP by server.ts, in tests directly.
// https://learn.microsoft.com/graph/api/overview
import { createHash } from 'node:crypto';
import type { Drive, DriveItem } from './drive.ts';
import { type GraphFault, takeFault } from './faults.ts';
import { MailRoutes, syncStateNotFound } from './mail-routes.ts';
import type { Mailbox } from './mailbox.ts';
import { accessDenied, type GraphReply, notFound, problem, resync, throttled } from './replies.ts';
import { cTag, driveRow, eTag, itemRow, listTag } from './rows.ts';
import { GraphSubscriptions, type Notify } from './subscriptions.ts';

export interface GraphSite {
  id: string;
  /** Host and path as in its address: `contoso.sharepoint.com` and `/sites/tax`. */
  host: string;
  path: string;
  displayName: string;
  drives: Drive[];
  /** The app has no right on it. */
  isForbidden?: boolean;
  /** The app may read only. */
  isReadOnly?: boolean;
}

export interface GraphRequest {
  method: string;
  url: URL;
  headers: Headers;
  body: string;
}

export interface GraphOptions {
  now(): number;
  /** Origin of Graph, e.g. http://127.0.0.1:4444 */
  origin: string;
  /** Origin of downloads: another host, as in the service. */
  downloadOrigin: string;
  /** Resource units a minute; undefined = without limit. */
  unitsPerMinute?: number;
  /** Life of a download URL, ms. */
  downloadLifeMs: number;
  /** Rows on a page when the request names none. */
  pageSize: number;
  /** Sends notifications; without it every handshake fails. */
  notify?: Notify;
  /** Whether a list item is changed under the tag of its file, too; default: it is. */
  takesFileTags?: boolean;
  /** Any caller without this token gets 401. */
  token: string;
}

export class Graph {
  readonly sites: GraphSite[] = [];
  readonly users = new Map<string, { drive?: Drive; mailbox?: Mailbox; isForbidden?: boolean }>();
  readonly faults: GraphFault[] = [];
  /** Requests so far, `METHOD /path?query`. */
  readonly log: string[] = [];
  /** Units spent so far. */
  units = 0;
  readonly #options: GraphOptions;
  readonly #mail: MailRoutes;
  readonly subscriptions: GraphSubscriptions;
  #minute = { startedAt: 0, units: 0 };
  #pages = new Map<string, { rows: unknown[][]; next: string }>();
  #links = 0;
  /** Nobody may call before; ms since the epoch. Calls that come nevertheless are counted. */
  blockedUntil = 0;
  callsWhileBlocked = 0;

  constructor(options: GraphOptions) {
    this.#options = options;
    this.subscriptions = new GraphSubscriptions(options.now, options.notify);
    this.#mail = new MailRoutes(options.origin, options.pageSize);
  }

  /** Every drive by id. */
  drive(id: string): Drive | undefined {
    return [
      ...this.sites.flatMap(({ drives }) => drives),
      ...[...this.users.values()].flatMap(({ drive }) => drive ?? []),
    ].find((drive) => drive.id === id);
  }

  async handle(request: GraphRequest): Promise<GraphReply> {
    const { url, method } = request;
    const line = `${method} ${url.pathname}${url.search}`;
    this.log.push(line);
    const fault = takeFault(this.faults, line);
    if (fault !== undefined && !['endless', 'empty-page', 'duplicate-rows'].includes(fault.kind))
      return this.#faulty(fault, request);
    if (url.origin === this.#options.downloadOrigin) return this.#download(request);
    if (request.headers.get('authorization') !== `Bearer ${this.#options.token}`)
      return problem(401, 'InvalidAuthenticationToken', 'Access token is empty or invalid.');
    const limited = this.#charge(unitsOf(method, url));
    if (limited !== undefined) return limited;
    for (const site of this.sites) for (const drive of site.drives) drive.settle();
    return this.#route(request, fault);
  }

  async #route({ method, url, headers, body }: GraphRequest, fault: GraphFault | undefined): Promise<GraphReply> {
    const path = url.pathname.replace(/^\/v1\.0/, '');
    let m = /^\/sites\/([^/:]+):(\/.*?):?$/.exec(path);
    if (m !== null) return this.#siteByPath(m[1] ?? '', decodeURIComponent(m[2] ?? ''));
    m = /^\/sites\/([^/]+)\/drives$/.exec(path);
    if (m !== null) {
      const site = this.sites.find(({ id }) => id === decodeURIComponent(m?.[1] ?? ''));
      if (site === undefined) return notFound();
      if (site.isForbidden) return accessDenied();
      return this.#paged(url, site.drives.map(driveRow));
    }
    m = /^\/users\/([^/]+)\/drive$/.exec(path);
    if (m !== null) {
      const user = this.users.get(decodeURIComponent(m[1] ?? '').toLowerCase());
      if (user?.isForbidden) return accessDenied();
      return user?.drive === undefined ? notFound() : { status: 200, body: driveRow(user.drive) };
    }
    m = /^\/subscriptions(?:\/([^/]+))?$/.exec(path);
    if (m !== null) return this.subscriptions.handle(method, m[1], body);
    m = /^\/users\/([^/]+)(\/(?:mailFolders|messages)\/.*)$/.exec(path);
    if (m !== null) {
      const user = this.users.get(decodeURIComponent(m[1] ?? '').toLowerCase());
      if (user?.isForbidden) return accessDenied();
      if (user?.mailbox === undefined)
        return problem(
          404,
          'MailboxNotEnabledForRESTAPI',
          'The mailbox is either inactive, soft-deleted, or on-premise.',
        );
      return this.#mail.handle(user.mailbox, m[2] ?? '', { method, url, headers }, fault);
    }
    m = /^\/drives\/([^/]+)(\/.*)?$/.exec(path);
    if (m !== null) {
      const drive = this.drive(decodeURIComponent(m[1] ?? ''));
      const site = this.sites.find(({ drives }) => drive !== undefined && drives.includes(drive));
      if (drive === undefined) return notFound();
      if (site?.isForbidden) return accessDenied();
      return this.#onDrive(drive, m[2] ?? '', { method, url, headers, body }, fault);
    }
    return problem(400, 'BadRequest', `Resource not found for the segment '${path}'.`);
  }

  #siteByPath(host: string, path: string): GraphReply {
    const site = this.sites.find((one) => one.host === host && one.path.toLowerCase() === path.toLowerCase());
    // Every tenant has a root site; it is nobody's business unless it was added.
    if (site === undefined && path === '/' && this.sites.some((one) => one.host === host)) return accessDenied();
    if (site === undefined) return problem(404, 'itemNotFound', 'Requested site could not be found');
    if (site.isForbidden) return accessDenied();
    return {
      status: 200,
      body: { id: site.id, displayName: site.displayName, webUrl: `https://${site.host}${site.path}` },
    };
  }

  #onDrive(drive: Drive, rest: string, request: GraphRequest, fault: GraphFault | undefined): GraphReply {
    const { method, url, headers, body } = request;
    if (rest === '') return { status: 200, body: driveRow(drive) };
    if (rest === '/list/columns')
      return { status: 200, body: { value: ['Title', ...drive.columns.keys()].map((name) => ({ name })) } };
    if (/^\/root\/(microsoft\.graph\.)?delta/.test(rest)) return this.#driveDelta(drive, rest, url, fault);
    const m = /^\/(?:items\/([^/]+)|(root))(\/.*)?$/.exec(rest);
    const item = drive.get(m?.[2] ?? m?.[1] ?? '');
    if (item === undefined) return notFound();
    switch (m?.[3] ?? '') {
      case '': {
        const listItem = /listItem/.test(url.searchParams.get('$expand') ?? '')
          ? { listItem: { eTag: listTag(item) } }
          : {};
        return { status: 200, body: { ...itemRow(drive, item), ...listItem } };
      }
      case '/children':
        return this.#paged(
          url,
          drive.children(item.id).map((child) => itemRow(drive, child)),
        );
      case '/content':
        if (item.isMalware) return problem(403, 'malwareDetected', 'Malware detected');
        if ([eTag(item), cTag(item)].includes(headers.get('if-none-match') ?? '')) return { status: 304 };
        return { status: 302, headers: { location: this.#downloadUrl(drive, item) } };
      case '/listItem/fields': {
        if (method !== 'PATCH') return { status: 200, body: item.fields };
        if (this.sites.find(({ drives }) => drives.includes(drive))?.isReadOnly) return accessDenied();
        const wanted = headers.get('if-match');
        const tags = this.#options.takesFileTags === false ? [listTag(item)] : [listTag(item), eTag(item)];
        if (wanted !== null && !tags.includes(wanted))
          return problem(412, 'resourceModified', 'The resource has changed.');
        const fields = JSON.parse(body) as Record<string, unknown>;
        const unknown = Object.keys(fields).find((name) => !drive.columns.has(name));
        if (unknown !== undefined) return problem(400, 'invalidRequest', `Field '${unknown}' is not recognized`);
        if (item.isCheckedOut) return problem(423, 'resourceLocked', 'The file is checked out.');
        if (Object.entries(fields).some(([name, value]) => drive.columns.get(name)?.includes(String(value)) === false))
          return problem(400, 'invalidRequest', 'The value is not among the choices.');
        drive.setFields(item.id, fields);
        return { status: 200, headers: { etag: listTag(item) }, body: item.fields };
      }
      default:
        return problem(400, 'BadRequest', 'unknown segment');
    }
  }

  #driveDelta(drive: Drive, rest: string, url: URL, fault: GraphFault | undefined): GraphReply {
    const token =
      url.searchParams.get('token') ?? /token='([^']*)'/.exec(decodeURIComponent(`${rest}${url.search}`))?.[1];
    const page = token === undefined ? undefined : /^p(\d+)\.(\d+)$/.exec(token);
    if (page !== null && page !== undefined) return this.#page(drive, page[1] ?? '', Number(page[2]), fault);
    const newest = drive.newest();
    if (token === 'latest')
      return { status: 200, body: { value: [], '@odata.deltaLink': this.#link(drive, `s${newest}`) } };
    const since = token === undefined ? 0 : Number(/^s(\d+)$/.exec(token)?.[1]);
    if (Number.isNaN(since)) return problem(400, 'invalidRequest', 'The delta token is invalid.');
    if (token !== undefined && since < drive.forgottenBefore) return resync(this.#link(drive, undefined));
    const changed = drive.changes(since, newest);
    const size = Number(url.searchParams.get('$top') ?? this.#options.pageSize);
    const rows = shuffled(changed, newest).map((item) => itemRow(drive, item));
    const pages = chunk(rows, size);
    const id = String(++this.#links);
    this.#pages.set(id, { rows: pages, next: `s${newest}` });
    return this.#page(drive, id, 0, fault);
  }

  #page(drive: Drive, id: string, index: number, fault: GraphFault | undefined): GraphReply {
    const known = this.#pages.get(id);
    if (known === undefined) return problem(404, 'itemNotFound', 'The page is gone.');
    const isLast = index >= known.rows.length - 1;
    let value = known.rows[index] ?? [];
    if (fault?.kind === 'duplicate-rows') value = [...value, ...value.slice(0, 3)];
    if (fault?.kind === 'endless')
      return { status: 200, body: { value, '@odata.nextLink': this.#link(drive, `p${id}.${index}`) } };
    if (fault?.kind === 'empty-page')
      return { status: 200, body: { value: [], '@odata.nextLink': this.#link(drive, `p${id}.${index}`) } };
    return {
      status: 200,
      body: isLast
        ? { value, '@odata.deltaLink': this.#link(drive, known.next) }
        : { value, '@odata.nextLink': this.#link(drive, `p${id}.${index + 1}`) },
    };
  }

  /** Links come in several shapes; a reader must keep them whole. */
  #link(drive: Drive, token: string | undefined): string {
    const base = `${this.#options.origin}/v1.0/drives/${drive.id}/root`;
    if (token === undefined) return `${base}/delta`;
    const shapes = [
      `${base}/delta?token=${token}`,
      `${base}/delta(token='${token}')`,
      `${base}/microsoft.graph.delta(token='${token}')`,
    ];
    return shapes[this.#links++ % shapes.length] ?? '';
  }

  #paged(url: URL, rows: unknown[]): GraphReply {
    const size = Number(url.searchParams.get('$top') ?? this.#options.pageSize);
    const from = Number(url.searchParams.get('$skiptoken') ?? 0);
    const next = new URL(url);
    next.searchParams.set('$skiptoken', String(from + size));
    const value = rows.slice(from, from + size);
    return { status: 200, body: from + size < rows.length ? { value, '@odata.nextLink': next.href } : { value } };
  }

  #downloadUrl(drive: Drive, item: DriveItem): string {
    const until = this.#options.now() + this.#options.downloadLifeMs;
    return `${this.#options.downloadOrigin}/${drive.id}/${item.id}?tempauth=v1.secret.${until}`;
  }

  #download({ url, headers }: GraphRequest): GraphReply {
    if (headers.has('authorization')) return problem(401, 'unauthenticated', 'A download takes no token.');
    const until = Number(/^v1\.secret\.(\d+)$/.exec(url.searchParams.get('tempauth') ?? '')?.[1]);
    if (!(until > this.#options.now())) return { status: 401, body: { error: 'invalid_request' } };
    const [, driveId = '', itemId = ''] = url.pathname.split('/');
    const item = this.drive(driveId)?.get(itemId);
    if (item === undefined) return { status: 404, body: { error: 'not found' } };
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: item.bytes };
  }

  #charge(units: number): GraphReply | undefined {
    const { unitsPerMinute, now } = this.#options;
    const at = now();
    if (at < this.blockedUntil) this.callsWhileBlocked++;
    if (at - this.#minute.startedAt >= 60_000) this.#minute = { startedAt: at, units: 0 };
    this.#minute.units += units;
    this.units += units;
    if (unitsPerMinute === undefined || this.#minute.units <= unitsPerMinute) return undefined;
    const seconds = Math.ceil((this.#minute.startedAt + 60_000 - at) / 1000);
    this.blockedUntil = at + seconds * 1000;
    return throttled(seconds, 429, 'activityLimitReached');
  }

  async #faulty(fault: GraphFault, request: GraphRequest): Promise<GraphReply> {
    const seconds = fault.retryAfterSeconds ?? 10;
    switch (fault.kind) {
      case 'throttle':
        this.blockedUntil = this.#options.now() + seconds * 1000;
        return throttled(seconds, 429, 'activityLimitReached');
      case 'busy':
        return throttled(seconds, 503, 'serviceNotAvailable');
      case 'timeout':
        return problem(504, 'UnknownError', '');
      case 'error':
        return problem(500, 'generalException', 'General exception while processing');
      case 'not-found':
        return notFound();
      case 'bad-token':
        return problem(400, 'invalidRequest', 'The delta token is invalid.');
      case 'sync-state-not-found':
        return syncStateNotFound();
      case 'resync':
      case 'resync-broken': {
        const drive = this.drive(/\/drives\/([^/]+)/.exec(request.url.pathname)?.[1] ?? '');
        const link = drive === undefined ? `${this.#options.origin}/v1.0/gone` : this.#link(drive, undefined);
        if (fault.kind === 'resync-broken') this.faults.unshift({ kind: 'error', on: /delta\?broken/, times: 100 });
        return resync(fault.kind === 'resync' ? link : `${link}?broken=1`);
      }
      case 'validation-timeout':
        return problem(400, 'InvalidRequest', 'Subscription validation request timed out.');
      case 'locked':
        return problem(423, 'notAllowed', 'Access to this site has been blocked.');
      case 'forbidden':
        return accessDenied();
      case 'unauthorized':
        return { status: 401, body: { error: 'invalid_request' } };
      case 'cut-body': {
        const whole =
          request.url.origin === this.#options.downloadOrigin
            ? this.#download(request)
            : await this.#route(request, undefined);
        return { ...whole, cutAfter: Math.floor((whole.body as Buffer).length / 2) };
      }
      default:
        return { status: 0 };
    }
  }
}

/** Resource units as the service counts them. */
function unitsOf(method: string, url: URL): number {
  if (url.pathname.startsWith('/v1.0/users/')) return 1;
  if (/\/delta/.test(url.pathname)) return /token/.test(decodeURIComponent(url.href)) ? 1 : 2;
  if (method !== 'GET' || /\/(children|drives)$/.test(url.pathname)) return 2;
  return 1;
}

/** Same order for the same seed, another for another. */
function shuffled<T extends { id: string }>(items: readonly T[], seed: number): T[] {
  const key = (item: T) => createHash('sha1').update(`${seed}/${item.id}`).digest('hex');
  return items
    .map((item) => [key(item), item] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, item]) => item);
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  const pages: T[][] = [];
  for (let from = 0; from < items.length; from += size) pages.push(items.slice(from, from + size));
  return pages.length === 0 ? [[]] : pages;
}
