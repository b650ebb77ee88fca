// What every archive is to the walk: a list of members, each read on demand under a cap.

export interface ArchiveMember {
  /** As stored; hostile. */
  name: string;
  packedBytes: number;
  /** Bytes of the member, at most `cap`; throws TerminalError (extract.too-large over the cap). */
  read(cap: number): Uint8Array | Promise<Uint8Array>;
}

export interface Archive {
  /** As far as the format tells before the walk. */
  entryCount: number | undefined;
  members(): AsyncIterable<ArchiveMember>;
}
