// Rows of table `results` for benchmarks, the same for the same seed.
import type { Row } from '../../shared/lake/tables.ts';
import { seededRandom } from '../../shared/ports.ts';

/** A result row as the pipeline writes them, about 1.2 kB. */
export function* resultRows(count: number, seed: number): Generator<Row> {
  const random = seededRandom(seed);
  const rounded = () => Math.round(random.next() * 1e4) / 1e4;
  const hex = () =>
    Array.from({ length: 8 }, () =>
      Math.floor(random.next() * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    ).join('');
  for (let index = 0; index < count; index++) {
    const label = `label-${Math.floor(random.next() * 8)}`;
    const evidence = Array.from({ length: 8 }, () => ({
      term: `term${Math.floor(random.next() * 5000)}`,
      weight: rounded(),
      runner_up_weight: rounded(),
    }));
    yield {
      run_id: 'run-bench',
      batch_id: `b${String(Math.floor(index / 250)).padStart(5, '0')}`,
      document_id: hex(),
      source_path: `landing/2026/11/document-${index}.pdf`,
      archive_path: '',
      source_etag: '"0x8DC0FFEE"',
      content_sha256: hex(),
      media_type: 'application/pdf',
      size_bytes: Math.floor(random.next() * 1e6),
      pages: 3,
      chars: 5000,
      language: 'en',
      status: 'labelled',
      label,
      confidence: random.next(),
      decided_by: 'model',
      top_labels_json: JSON.stringify([
        { label, probability: rounded() },
        { label: 'other', probability: rounded() },
      ]),
      evidence_json: JSON.stringify(evidence),
      taxonomy_version: 't1',
      model_version: 'v1',
      tokens_in: 0,
      tokens_out: 0,
      cost_usd: 0,
      pipeline_version: '0.1.0',
      processed_at: new Date(1_795_000_000_000 + index).toISOString(),
      run_date: '2026-11-23',
    };
  }
}
