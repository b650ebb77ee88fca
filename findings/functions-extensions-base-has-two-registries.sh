#!/bin/sh
# @azure/functions-extensions-base 0.3.0 (of @azure/functions 4.16.5), Node.js 20 and 24.
# Behaviour: its typings promise a named export ResourceFactoryResolver; as an ES module the package has a default export only, so the named import
# does not even load. And the "singleton" registry behind that default export is not the one that `require` gives, in which @azure/functions
# (CommonJS) looks: a factory registered there is never found.
# Seen: named exports: default; registered by import: seen by require = false; registered by require: seen by require = true.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund @azure/functions-extensions-base@0.3.0 >/dev/null 2>&1
cat > seen.mjs <<'JS'
import { createRequire } from 'node:module';
import * as module from '@azure/functions-extensions-base';
const names = Object.keys(module).join(',');
const { ResourceFactoryResolver: imported } = module.default;
const { ResourceFactoryResolver: required } = createRequire(import.meta.url)('@azure/functions-extensions-base');
imported.getInstance().registerResourceFactory('AzureStorageBlobs', () => 'client');
const byImport = required.getInstance().hasResourceFactory('AzureStorageBlobs');
required.getInstance().registerResourceFactory('AzureStorageBlobs', () => 'client');
const byRequire = required.getInstance().hasResourceFactory('AzureStorageBlobs');
console.log(`named exports: ${names}; registered by import: seen by require = ${byImport}; registered by require: seen by require = ${byRequire}`);
process.exit(names === 'default' && byImport === false && byRequire === true ? 0 : 1);
JS
node seen.mjs
