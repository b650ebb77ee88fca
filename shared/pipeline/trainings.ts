// The trainings that were asked for: the newest of them, and the copies of texts that unfinished ones hold.
// Invariant: N1 a finished training holds no texts (the trainer deletes them), so only unfinished ones are forgotten: their request, given
// again, begins anew.

import type { TrainRequest } from '../api/training.ts';
import { modelPaths, trainingEndPath, trainingRequestPath } from '../paths.ts';
import type { LakeFile, LakeStore } from '../ports.ts';
import { type BrokenRecord, brokenRecord, isCorruptRecord } from '../record-json.ts';
import { trainingPaths } from '../training/sharded/files.ts';
import { readJson } from './records.ts';
import {
  isTrainingRecord,
  type TrainingRecord,
  type TrainingServices,
  type TrainingStatus,
  trainingStatus,
  usesDecisions,
} from './train-model.ts';

/** Answer of GET /api/models/train. */
export interface TrainingList {
  trainings: TrainingStatus[];
  broken: BrokenRecord[];
}

/** The newest trainings first; those whose records are damaged stand apart. */
export async function listTrainings(services: TrainingServices, limit: number): Promise<TrainingList> {
  const { requests } = await listFiles(services.lake);
  const newest = [...requests].sort((a, b) => b.file.lastModified - a.file.lastModified).slice(0, limit);
  const broken: BrokenRecord[] = [];
  const trainings = await Promise.all(
    newest.map(async ({ trainingId }) => {
      try {
        return await trainingStatus(services, trainingId);
      } catch (error) {
        broken.push(brokenRecord(trainingId, error));
        return [];
      }
    }),
  );
  return { trainings: trainings.flat(), broken };
}

/** Delete the files of unfinished trainings; one that runs fails. @param isMeant  by request (undefined: it is damaged) and its time, epoch ms */
export async function forgetTrainings(
  lake: LakeStore,
  isMeant: (request: TrainRequest | undefined, requestedAt: number) => boolean,
): Promise<void> {
  const { requests, ended } = await listFiles(lake);
  for (const { trainingId, file } of requests) {
    if (ended.has(trainingId)) continue;
    if (!isMeant(await requestOf(lake, file.path), file.lastModified)) continue;
    const isRegistered = (await lake.stat(trainingPaths.result(trainingId))) !== undefined;
    const folders = isRegistered ? trainingPaths.contentFolders(trainingId) : [trainingPaths.folder(trainingId)];
    for (const folder of folders) await lake.deleteFolder(folder);
  }
}

/** Those that hold copies of decided documents, or may. */
export const forgetTrainingsOnDecisions = (lake: LakeStore): Promise<void> =>
  forgetTrainings(lake, (request) => request === undefined || usesDecisions(request));

async function requestOf(lake: LakeStore, path: string): Promise<TrainRequest | undefined> {
  try {
    return (await readJson<TrainingRecord>(lake, path, isTrainingRecord))?.request;
  } catch (error) {
    if (!isCorruptRecord(error)) throw error;
    return undefined;
  }
}

async function listFiles(
  lake: LakeStore,
): Promise<{ requests: { trainingId: string; file: LakeFile }[]; ended: ReadonlySet<string> }> {
  const requests: { trainingId: string; file: LakeFile }[] = [];
  const ended = new Set<string>();
  for await (const file of lake.list(modelPaths.trainings)) {
    const trainingId = file.path.split('/')[1] ?? '';
    if (file.path === trainingRequestPath(trainingId)) requests.push({ trainingId, file });
    if (file.path === trainingEndPath(trainingId)) ended.add(trainingId);
  }
  return { requests, ended };
}
