// `sluice calibrate`: how often LLM answers are right, from what people said about them.

import { calibrateLlm } from '../../shared/review/calibrate-llm.ts';
import { print, printJson, screenWidth } from '../console.ts';
import { withLake } from '../local-app.ts';
import { formatTable } from '../table.ts';

export async function calibrateCommand(options: { data: string; json: boolean }): Promise<void> {
  await withLake(options.data, async (app) => {
    const calibration = await calibrateLlm(app);
    if (options.json) {
      printJson(calibration);
      return;
    }
    print(`${calibration.checked} answers were checked by people`);
    for (const { promptVersion, curve, checked, right } of calibration.curves)
      print(
        `\nprompt ${promptVersion}: ${checked} answers, ${percent(right)} right\n${formatTable(
          [
            { title: 'stated', align: 'right' },
            { title: 'right', align: 'right' },
          ],
          curve.map(([stated, isRight]) => [percent(stated), percent(isRight)]),
          screenWidth(80),
        )}`,
      );
    if (calibration.curves.length === 0) print('A curve needs 30 of one prompt version.');
  });
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
