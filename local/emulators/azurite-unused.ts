// What Azurite loads and never uses here: its telemetry is switched off (--disableTelemetry), and its data lie in files (azurite.ts gives it no AZURITE_DB).
// Together they are more than half of its modules, and of the work of its start.
import Module from 'node:module';

/** As Azurite's own files name them. */
export const UNUSED = ['applicationinsights', './blob/SqlBlobServer'] as const;

/** Give Azurite an empty module for each of them. @param ofAzurite  require as Azurite's entry file has it */
export function leaveOutUnused(ofAzurite: NodeJS.Require): void {
  for (const name of UNUSED) {
    const path = ofAzurite.resolve(name);
    ofAzurite.cache[path] = Object.assign(new Module(path), { filename: path, loaded: true });
  }
}
