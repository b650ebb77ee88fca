// Models: every version and how good it was found, trainings under way, two versions compared, and who is the champion.

import { useCallback, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { BrokenModel, RegisteredModel } from '../../../shared/models/registry.ts';
import type { TrainingStatus } from '../../../shared/pipeline/train-model.ts';
import type { TrainingList } from '../../../shared/pipeline/trainings.ts';
import '../../style/models.css';
import { guideMoved } from '../guide.ts';
import { links } from '../links.ts';
import { BrokenRecords } from '../parts/broken-records.tsx';
import { Empty, Show } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { TrainingOfferCard } from '../parts/training-offer.tsx';
import { problemOf } from '../problem.ts';
import { useResource } from '../resource.ts';
import { canOperate, session } from '../session.ts';
import { toast } from '../toasts.tsx';
import { words } from '../words/models.ts';
import { words as offerWords } from '../words/offer.ts';
import { RollbackDialog } from './models/champion-actions.tsx';
import { CompareModels } from './models/compare-models.tsx';
import { ThresholdOverride } from './models/threshold-override.tsx';
import { TrainDialog } from './models/train-dialog.tsx';
import { Trainings } from './models/trainings.tsx';
import { VersionsTable } from './models/versions-table.tsx';

interface ModelList {
  champion: string | null;
  /** Oldest first. */
  models: RegisteredModel[];
  /** Their manifests cannot be read. */
  broken: BrokenModel[];
}

const FOLLOW_MS = 1500;
const IDLE_MS = 15_000;

export function ModelsView() {
  useTitle(words.title);
  const { route } = useLocation();
  const list = useResource<ModelList>('models', IDLE_MS);
  const trainings = useResource<TrainingList>('models/train', (all) =>
    all?.trainings.some(({ state }) => state === 'running') ? FOLLOW_MS : IDLE_MS,
  );
  const [dialog, setDialog] = useState<'train' | 'train-decisions' | 'rollback' | undefined>(undefined);
  const close = () => setDialog(undefined);
  const { reload } = list;
  const onFinished = useCallback(
    ({ result, error }: TrainingStatus) => {
      reload();
      guideMoved();
      if (result !== null)
        toast(words.trained(result.version), 'good', {
          name: words.openIt,
          run: () => route(links.model(result.version)),
        });
      else if (error !== null) toast(words.trainingFailed(problemOf(error.code, error.message).message), 'bad');
    },
    [reload, route],
  );
  const champion = list.data?.champion ?? null;
  return (
    <div class="stack">
      <div class="view-head">
        <h1>{words.title}</h1>
        {canOperate.value && (
          <div class="row">
            {champion !== null && (list.data?.models.length ?? 0) > 1 && (
              <button type="button" onClick={() => setDialog('rollback')}>
                {words.rollBackOpen}
              </button>
            )}
            <button type="button" class="primary" onClick={() => setDialog('train')}>
              {words.trainOpen}
            </button>
          </div>
        )}
      </div>
      <TrainingOfferCard>
        {canOperate.value ? (
          <button type="button" onClick={() => setDialog('train-decisions')}>
            {offerWords.train}
          </button>
        ) : (
          offerWords.operator
        )}
      </TrainingOfferCard>
      <ThresholdOverride />
      <Trainings resource={trainings} onFinished={onFinished} />
      <Show resource={list} what={words.theModels}>
        {({ models, broken }) => (
          <>
            <BrokenRecords records={broken.map(({ version, ...rest }) => ({ id: version, ...rest }))} />
            <Versions models={models} />
          </>
        )}
      </Show>
      {(dialog === 'train' || dialog === 'train-decisions') && (
        <TrainDialog usesDecisions={dialog === 'train-decisions'} onStarted={trainings.reload} onClose={close} />
      )}
      {dialog === 'rollback' && champion !== null && (
        <RollbackDialog champion={champion} onDone={reload} onClose={close} />
      )}
    </div>
  );
}

function Versions({ models }: { models: readonly RegisteredModel[] }) {
  if (models.length === 0)
    return (
      <Empty title={words.noModelYet}>
        <p>
          {session.value?.llmUse === 'asked' ? words.untilThen : words.untilThenPeople}{' '}
          {canOperate.value ? words.trainOne : words.operatorCan}
        </p>
      </Empty>
    );
  const newestFirst = [...models].reverse();
  return (
    <>
      {!models.some(({ champion }) => champion) && <p class="note warn">{words.noChampion}</p>}
      <VersionsTable models={newestFirst} />
      {models.length > 1 && <CompareModels models={newestFirst} />}
    </>
  );
}
