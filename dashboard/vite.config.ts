// Builds the page into dist/dashboard, from where functions/dashboard.ts serves it, and the documentation beside it into dist/docs (functions/docs.ts). Nothing is inlined: the page's policy allows files of its own only.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { APP_FOLDER, writeSite } from '../docs/site/build.ts';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/api/dashboard/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // `npm run dashboard:dev` beside a running `npm start`: the page from its sources, everything else from the host.
  server: { host: '127.0.0.1', proxy: { '^/api/(?!dashboard)': 'http://127.0.0.1:7071' } },
  plugins: [{ name: 'documentation', apply: 'build', closeBundle: () => writeSite(APP_FOLDER, false) }],
  build: {
    outDir: fileURLToPath(new URL('../dist/dashboard', import.meta.url)),
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      checks: { bundlerTimings: false }, // on a busy machine it complains of the documentation's second
      // What most views share is one file: each file of its own is a request before the first view is there.
      output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 4, test: /\.(tsx?|m?js)$/ }] } },
    },
  },
});
