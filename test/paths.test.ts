import { expect, test } from 'vitest';
import {
  intakePaths,
  modelPaths,
  nearDuplicatePaths,
  path,
  runPaths,
  taxonomyPath,
  trainingRequestPath,
} from '../shared/paths.ts';
import { trainingPaths } from '../shared/training/sharded/files.ts';
import fc from './fakes/property.ts';

test('paths: an id is one name, whatever it is: any other is refused', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.constantFrom('..', '.', '', 'a/b', '../a', 'a\\b', 'a%2Fb', 'a\u0000', '..%2fa', '\ud800'),
      ),
      (id) => {
        let made: string;
        try {
          made = path`runs/${id}/request.json`;
        } catch (error) {
          expect(error).toMatchObject({ code: 'request.invalid' });
          return;
        }
        expect(made.split('/')).toEqual(['runs', id, 'request.json']);
        // An address built of it, by whatever rules, names the same file.
        expect(new URL(`http://x/${made}`).pathname).toBe(`/runs/${id}/request.json`);
      },
    ),
  );
});

test('paths: every place that takes an id refuses one that leads elsewhere', () => {
  const away = '../other';
  const makers = [
    ...Object.values(runPaths).map((maker) => () => (maker as (id: string, other: string) => unknown)(away, 'b00000')),
    ...[runPaths.planBatch, runPaths.llm, runPaths.extracted].map((maker) => () => maker('r1', away)),
    () => modelPaths.folder(away),
    () => taxonomyPath(away),
    () => trainingRequestPath(away),
    () => trainingPaths.plan(away),
    () => nearDuplicatePaths.run('t', away),
    () => intakePaths.seal(away),
    () => intakePaths.marker('w', away),
  ];
  for (const make of makers) expect(make).toThrow(/is not an id/);
});
