#!/usr/bin/env node
// The door of the command line: it only looks at the Node that runs it, in words that a Node of years ago can read.
// Invariants: D1 nothing is imported before that look, or an old Node ends at the import with a stack of its own.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
// node:sqlite, which the local host keeps its state in, is there without a flag from 22.13 on.
const isTooOld = major < 22 || (major === 22 && minor < 13);
if (isTooOld) {
  process.stderr.write(
    `sluice: needs Node 22.13 or newer, this is ${process.version}; \`npx sluice …\` takes the one that npm ci brought\n`,
  );
  process.exitCode = 2;
} else await import('./main.ts');

export {}; // a module, so that it may wait
