// A mailbox behind IMAP as the service of a source.
import { TerminalError } from '../../errors.ts';
import { sha256Hex } from '../../ids.ts';
import type { Drive, Service } from '../feed.ts';
import { ImapConnection, type ImapEntry } from './imap-connection.ts';
import { ImapFeed } from './imap-feed.ts';

/** @param passwords  by source */
export function imapService(entry: ImapEntry, passwords: Readonly<Record<string, string>>): Service {
  const connection = new ImapConnection(entry, () => {
    const password = passwords[entry.name];
    if (password !== undefined) return password;
    throw new TerminalError('config.invalid', `SOURCES_PASSWORDS has no password for the source "${entry.name}"`);
  });
  const feed = new ImapFeed(connection, entry);
  const id = `${entry.user}@${entry.host}:${entry.port}`.toLowerCase();
  const drive: Drive = { id, key: sha256Hex(`imap:${id}`).slice(0, 16), name: entry.user, webUrl: '' };
  return {
    drives: async () => [drive],
    feed: () => feed,
    probe: () => feed.probe(),
    close: () => connection.close(),
  };
}
