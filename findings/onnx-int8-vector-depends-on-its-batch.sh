#!/bin/sh
# onnxruntime-node 1.30.0, Node.js 20 and 24: models with dynamically quantized layers (DynamicQuantizeLinear, MatMulInteger), which is what
# "int8" or "quantized" sentence encoders published as ONNX mostly are.
# Behaviour: a row's result depends on the other rows of the same call. The operator takes one scale from the smallest and largest value of the whole
# tensor (ONNX operator DynamicQuantizeLinear), so a neighbour with larger activations leaves the row fewer of the 256 steps, down to none.
# Whoever keeps vectors by the hash of their text, or compares texts encoded in different batches, compares different roundings.
# Seen: the layer gives row [0.11, 0.52, 0.93] the sum 1.560941 alone, 1.568627 beside [3, 5, 2], 1.176471 beside [0, 0, 100] and 0 beside [0, 0, 1000]; exact is 1.56.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0 >/dev/null 2>&1
cat > seen.mjs <<'JS'
import ort from 'onnxruntime-node';
// onnx.proto3, as far as one quantized layer needs it: weights [3, 1] of ones.
const int = (number, value) => Buffer.from([number * 8, value]);
const part = (number, content) => Buffer.concat([Buffer.from([number * 8 + 2, content.length]), Buffer.from(content)]);
const all = (...parts) => Buffer.concat(parts);
const node = (op, inputs, outputs, ...more) =>
  part(1, all(...inputs.map((name) => part(1, name)), ...outputs.map((name) => part(2, name)), part(4, op), ...more));
const slot = (number, name, width) =>
  part(number, all(part(1, name), part(2, part(1, all(int(1, 1), part(2, all(part(1, part(2, 'rows')), part(1, int(1, width)))))))));
const to = part(5, all(part(1, 'to'), int(3, 1), Buffer.from([0xa0, 0x01, 2]))); // Cast to float32
const ones = part(5, all(int(1, 3), int(1, 1), int(2, 3), part(8, 'ones'), part(9, Buffer.from([1, 1, 1])))); // int8
const graph = all(
  node('DynamicQuantizeLinear', ['x'], ['q', 'scale', 'zero']),
  node('MatMulInteger', ['q', 'ones', 'zero'], ['sums']),
  node('Cast', ['sums'], ['float'], to),
  node('Mul', ['float', 'scale'], ['y']),
  part(2, 'g'), ones, slot(11, 'x', 3), slot(12, 'y', 1),
);
const length = graph.length;
const model = all(int(1, 8), Buffer.from([7 * 8 + 2, (length & 127) | 128, length >> 7]), graph, part(8, int(2, 17)));
const session = await ort.InferenceSession.create(model);
const first = async (...rows) => {
  const x = new ort.Tensor('float32', Float32Array.from(rows.flat()), [rows.length, 3]);
  return (await session.run({ x })).y.data[0].toFixed(6);
};
const row = [0.11, 0.52, 0.93];
const seen = [await first(row), await first(row, [3, 5, 2]), await first(row, [0, 0, 100]), await first(row, [0, 0, 1000])];
console.log(`alone ${seen[0]}; beside [3, 5, 2] ${seen[1]}; beside [0, 0, 100] ${seen[2]}; beside [0, 0, 1000] ${seen[3]}`);
process.exit(JSON.stringify(seen) === JSON.stringify(["1.560941", "1.568627", "1.176471", "0.000000"]) ? 0 : 1);
JS
node seen.mjs
