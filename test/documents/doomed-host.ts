// A host for the tests of process ends: `exit` reads one document and leaves without closing; `spin` reads a hostile one until it is killed.
import { Extractor } from '../../shared/documents/extract.ts';
import { silentLogger } from '../../shared/ports.ts';
import { hostileWorkbook } from './fixtures.ts';

const extractor = new Extractor({
  logger: silentLogger,
  slots: 1,
  limits: { maxMemoryBytes: 8 * 2 ** 30, maxCells: 20_000_000, maxChars: 100_000_000 },
});
if (process.argv[2] === 'exit') {
  const [document] = await extractor.extract({ name: 'a.txt', bytes: Buffer.from('some text') });
  console.log(document?.text);
} else {
  void extractor.extract({ name: 'a.xlsx', bytes: hostileWorkbook() });
  console.log('started');
}
