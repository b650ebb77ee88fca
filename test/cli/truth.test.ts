import { expect, test } from 'vitest';
import { parseTruth } from '../../cli/show-results.ts';

test('truth: quoted cells, commas and doubled quotes are read', () => {
  const truth = parseTruth(
    'path,archive_path,label,expect,code,note\n"a, b.txt",,"VAT",labelled,,"says ""VAT"", twice"\nx.zip,in/y.txt,,failed,extract.empty,\n',
  );
  expect(truth.get('a, b.txt\0')).toMatchObject({ label: 'VAT', note: 'says "VAT", twice' });
  expect(truth.get('x.zip\0in/y.txt')).toMatchObject({ expect: 'failed', code: 'extract.empty' });
});
