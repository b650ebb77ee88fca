/** A document as people know it: its path, and within an archive or a mail its place there. */
export const documentName = (path: string, archivePath: string | null | undefined): string =>
  archivePath ? `${path} › ${archivePath}` : path;
