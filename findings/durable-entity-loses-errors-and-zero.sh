#!/bin/sh
# durable-functions 3.5.0 (with @azure/functions 4.16.5), Node.js 20 and 24: entities of Durable Functions.
# Behaviour: what an entity throws is handed to the extension as JSON.stringify(error), which is "{}" of every Error: neither message nor kind is left.
# The documentation of entities (error handling) says that an exception of an operation that was called is given back to the orchestrator.
# Those who throw a text have it: "\"broken\"". And where one entity signals another, an input of 0, false or '' is sent as no input at all, because the
# library asks whether it is true before it writes it as JSON; the signal of a client (DurableClient.signalEntity) keeps zero.
# Seen: an Error "broken" gives isError true, result "{}"; a text "\"broken\""; signals with 1, 0, false, '' carry "1", "", "", ""
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund durable-functions@3.5.0 @azure/functions@4.16.5 >/dev/null 2>&1
cat > seen.mjs <<'JS'
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const { DummyEntityContext, EntityId } = require('durable-functions');
const { createEntityFunction } = require('durable-functions/lib/src/util/testingUtils');
/** The answer of an entity to one operation, as the worker hands it to the extension. */
function answer(handler) {
  const batch = [{ id: '1', name: 'operation', isSignal: false, input: '' }];
  const trigger = { self: new EntityId('counter', 'a'), exists: true, state: '0', batch };
  return createEntityFunction(handler)(trigger, new DummyEntityContext());
}
const failed = async (reason) => {
  const { isError, result } = (await answer(() => { throw reason; })).results[0];
  return `${isError} ${result}`;
};
const { signals } = await answer(({ df }) => {
  for (const amount of [1, 0, false, '']) df.signalEntity(new EntityId('counter', 'b'), 'add', amount);
});
const seen = [await failed(new Error('broken')), await failed('broken'), ...signals.map(({ input }) => input)];
console.log(JSON.stringify(seen));
process.exit(JSON.stringify(seen) === JSON.stringify(['true {}', 'true "broken"', '1', '', '', '']) ? 0 : 1);
JS
node seen.mjs
