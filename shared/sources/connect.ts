// An entry → the service it is on.
import type { SourceEntry } from '../api/source-entry.ts';
import type { Clock, Logger } from '../ports.ts';
import type { Service } from './feed.ts';
import type { GraphClient } from './graph/graph-client.ts';
import { graphService } from './graph/graph-service.ts';
import { imapService } from './imap/imap-service.ts';
import { parsePasswords } from './setting.ts';

export interface ConnectDeps {
  graph: GraphClient;
  /** The setting SOURCES_PASSWORDS. */
  passwords: string | undefined;
  logger: Logger;
  clock: Clock;
}

/** Nothing is asked of the service yet. @throws {TerminalError} config.invalid of the passwords */
export const connect = (entry: SourceEntry, { graph, passwords, logger, clock }: ConnectDeps): Service =>
  entry.kind === 'imap' ? imapService(entry, parsePasswords(passwords)) : graphService(graph, entry, logger, clock);
