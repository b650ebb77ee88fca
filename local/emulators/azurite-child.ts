// Entry of the Azurite process: Azurite's own command line, plus an end when the parent is gone.
// Invariant: Azurite never outlives its parent. The IPC channel closes when the parent ends in whatever way; Azurite then
// shuts down in order, so its metadata (saved every few seconds otherwise) are complete on disk.
import { createRequire } from 'node:module';

const SHUTDOWN_LIMIT_MS = 10_000;

process.once('disconnect', () => {
  // Azurite listens for SIGTERM; emitting the event runs its handler without a signal, on every platform.
  process.emit('SIGTERM');
  setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS).unref();
});

createRequire(import.meta.url)('azurite/dist/src/azurite.js');
