// `sluice calibrate`: how often LLM answers are right, from what people said about them.

import { calibrateLlm, type LlmCalibration } from '../../shared/review/calibrate-llm.ts';
import { atLake, type LakeOptions } from '../at-lake.ts';
import { answer, screenWidth } from '../console.ts';
import { formatTable } from '../table.ts';

export async function calibrateCommand(options: LakeOptions): Promise<void> {
  const calibration = await atLake(options, {
    api: (api) => api.ask<LlmCalibration>('POST', '/api/review/calibrate', undefined, 180_000),
    app: calibrateLlm,
  });
  answer(options, calibration, () => describe(calibration));
}

const describe = (calibration: LlmCalibration): string =>
  [
    `${calibration.checked} answers were checked by people`,
    ...calibration.curves.map(
      ({ promptVersion, curve, checked, right }) =>
        `\nprompt ${promptVersion}: ${checked} answers, ${percent(right)} right\n${formatTable(
          [
            { title: 'stated', align: 'right' },
            { title: 'right', align: 'right' },
          ],
          curve.map(([stated, isRight]) => [percent(stated), percent(isRight)]),
          screenWidth(80),
        )}`,
    ),
    ...(calibration.curves.length === 0 ? ['A curve needs 30 of one prompt version.'] : []),
  ].join('\n');

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
