// One registered model for people: its manifest, how it was judged, how its training went, when it was the champion.
import type { ModelReport } from '../api/insights.ts';

import { EVALUATION_FILE, type ModelManifest, OBJECTIVE_FILE } from '../models/bundle.ts';
import type { Evaluation } from '../models/metrics.ts';
import type { ModelRegistry } from '../models/registry.ts';

/**
 * The report of a version. A model that was imported without being measured has evaluation null; one that was trained elsewhere, no objective.
 * @throws {TerminalError} model.not-found, model.corrupt, model.checksum-mismatch
 */
export async function readModelReport(registry: ModelRegistry, version: string): Promise<ModelReport> {
  const manifest = await registry.manifest(version);
  const moves = await registry.history();
  const evaluation = await readArtifact<Evaluation>(registry, manifest, EVALUATION_FILE);
  const objectiveHistory = await readArtifact<number[]>(registry, manifest, OBJECTIVE_FILE);
  const { artifacts: _files, scorer: _scorer, ...description } = manifest;
  return {
    ...description,
    champion: moves.at(-1)?.version === version,
    promotions: moves.filter((move) => move.version === version).map(({ at, reason }) => ({ at, reason })),
    evaluation: evaluation ?? null,
    objectiveHistory: objectiveHistory ?? [],
  };
}

/** A JSON file of a version; undefined where the model has none. */
async function readArtifact<T>(registry: ModelRegistry, manifest: ModelManifest, name: string): Promise<T | undefined> {
  if (!manifest.artifacts.some((artifact) => artifact.name === name)) return undefined;
  const bytes = await registry.artifact(manifest.version, name);
  return JSON.parse(bytes.toString('utf8')) as T; // its checksum says that it is what training wrote
}
