// When Azurite saves its catalogues: it writes the whole of one whenever something in it has changed, every five seconds. With 100,000 blobs that is a
// second of work each time.
// Invariant: V1 a change is saved five seconds later, or after ten times as long as the last save of its catalogue took, whichever is later; and at
// the end in any case.

const LEAST_MS = 5000;
/** At most a tenth of the time goes into saving. */
const SHARE = 10;

interface Loki {
  autosave: boolean;
  autosaveHandle?: NodeJS.Timeout;
  /** While it is being loaded. */
  ignoreAutosave?: boolean;
  autosaveDirty(): boolean;
  saveDatabase(): void;
  autosaveEnable(): void;
}

/** Have Azurite save less often what takes long to save. @param ofAzurite  require as Azurite's entry file has it */
export function paceSaves(ofAzurite: NodeJS.Require): void {
  const { prototype } = ofAzurite('lokijs') as { prototype: Loki };
  prototype.autosaveEnable = function enable(this: Loki): void {
    this.autosave = true;
    let nextAt = 0;
    this.autosaveHandle = setInterval(() => {
      const begun = performance.now();
      if (begun < nextAt || this.ignoreAutosave === true || !this.autosaveDirty()) return;
      this.saveDatabase(); // makes its text at once, and writes it afterwards
      nextAt = begun + SHARE * (performance.now() - begun);
    }, LEAST_MS);
  };
}
