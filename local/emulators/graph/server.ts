// The Graph emulator over HTTP, with a folder of this machine as the library of a site: what is put, changed, renamed or deleted in the folder is what
// a person does in SharePoint. Its .eml files are also the inbox of a mailbox, its folders folders below the inbox. Loopback only.

import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';
import { Drive } from './drive.ts';
import { Graph } from './graph.ts';
import { mirrorMails } from './mail-folder.ts';
import { Mailbox } from './mailbox.ts';
import type { GraphReply } from './replies.ts';

export interface GraphEmulatorOptions {
  /** Its files are the library's. */
  folder: string;
  token: string;
  port?: number;
}

export interface GraphEmulator {
  /** Root for GRAPH_ROOT. */
  root: string;
  /** Address of the site, for a source. */
  site: string;
  /** Address of the mailbox, for a source. */
  mailbox: string;
  graph: Graph;
  close(): Promise<void>;
}

const HOST = 'contoso.sharepoint.example';
const MAILBOX = 'inbox@contoso.example';
const MAX_BODY_BYTES = 4 * 1024 * 1024;

export async function startGraphEmulator({ folder, token, port = 0 }: GraphEmulatorOptions): Promise<GraphEmulator> {
  let graph: Graph | undefined;
  const serve = (origin: () => string) =>
    createServer((request, response) => {
      answer(graph, folder, origin(), request, response).catch((error: unknown) => {
        process.stderr.write(`graph emulator: ${error instanceof Error ? error.message : String(error)}\n`);
        response.destroy();
      });
    });
  // Downloads come from another host in the service: another port here.
  const downloads = serve(() => originOf(downloads));
  const server = serve(() => originOf(server));
  await listen(downloads, 0);
  await listen(server, port);
  const now = () => Date.now();
  graph = new Graph({
    ...{ now, origin: originOf(server), downloadOrigin: originOf(downloads), token },
    ...{ unitsPerMinute: 12_000, downloadLifeMs: 3_600_000, pageSize: 200 },
  });
  const library = new Drive('b!local', 'Documents', `https://${HOST}/sites/local/Documents`, {
    now,
    lagMs: 0,
    hashAfterMs: 0,
  });
  graph.sites.push({ id: `${HOST},local`, host: HOST, path: '/sites/local', displayName: 'Local', drives: [library] });
  graph.users.set(MAILBOX, { mailbox: new Mailbox(MAILBOX, now) });
  return {
    root: `${originOf(server)}/v1.0`,
    site: `https://${HOST}/sites/local`,
    mailbox: MAILBOX,
    graph,
    async close() {
      for (const one of [server, downloads]) await new Promise((resolve) => one.close(resolve));
    },
  };
}

const mirrors = new WeakMap<Drive, Map<string, { path: string; key: string; id: string }>>();

/** Bring the drive up to what the folder holds: by inode, so that a rename is a rename. */
export async function mirrorFolder(drive: Drive, folder: string): Promise<void> {
  const known = mirrors.get(drive) ?? new Map<string, { path: string; key: string; id: string }>();
  mirrors.set(drive, known);
  const seen = new Set<string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const { ino, mtimeMs, size } = await stat(file);
    const [inode, path, key] = [String(ino), relative(folder, file).split('\\').join('/'), `${mtimeMs}/${size}`];
    seen.add(inode);
    const before = known.get(inode);
    if (before === undefined || before.key !== key) {
      const { id } = drive.putFile(path, await readFile(file), { modifiedAt: mtimeMs });
      known.set(inode, { path, key, id });
    } else if (before.path !== path) {
      drive.move(before.id, path);
      known.set(inode, { ...before, path });
    }
  }
  for (const [inode, { id }] of known) {
    if (seen.has(inode)) continue;
    if (drive.get(id) !== undefined) drive.delete(id);
    known.delete(inode);
  }
}

async function answer(
  graph: Graph | undefined,
  folder: string,
  origin: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (graph === undefined) throw new Error('asked before it was ready');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error('a body of more than 4 MiB');
    chunks.push(chunk);
  }
  const url = new URL(request.url ?? '/', origin);
  if (/\/delta/.test(url.pathname))
    for (const { drives } of graph.sites) for (const drive of drives) await mirrorFolder(drive, folder);
  const mailbox = graph.users.get(MAILBOX)?.mailbox;
  if (/\/mailFolders\/delta/.test(url.pathname) && mailbox !== undefined) await mirrorMails(mailbox, folder);
  const headers = new Headers(
    Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]),
  );
  send(
    response,
    await graph.handle({ method: request.method ?? 'GET', url, headers, body: Buffer.concat(chunks).toString('utf8') }),
  );
}

function send(response: ServerResponse, { status, headers = {}, body }: GraphReply): void {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body === undefined ? '' : JSON.stringify(body));
  const type = Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json';
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length, ...headers });
  response.end(bytes);
}

const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
