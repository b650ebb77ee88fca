// The file MLmodel of MLflow says where a library's own files lie.
import { describe, expect, test } from 'vitest';
import { parseMlmodel } from '../../shared/training/mlflow-model.ts';

const file = (flavors: string): string =>
  `artifact_path: model\nflavors:\n${flavors}  python_function:\n    loader_module: mlflow.x\n    python_version: 3.11.4\nmlflow_version: 3.1.0\nmodel_uuid: 0f\n`;

describe('MLmodel', () => {
  test.each([
    ['spark', '  spark:\n    code: null\n    model_data: sparkml\n    pyspark_version: 4.0.1\n', 'sparkml'],
    [
      'xgboost',
      '  xgboost:\n    code: null\n    data: model.ubj\n    model_class: xgboost.sklearn.XGBClassifier\n',
      'model.ubj',
    ],
    ['onnx', '  onnx:\n    data: model.onnx\n    onnx_version: 1.20.0\n', 'model.onnx'],
    ['xgboost', '  xgboost:\n    xgb_version: 1.7.4\n', 'model.xgb'],
  ] as const)('flavor %s', async (kind, flavors, path) => {
    expect(await parseMlmodel(file(flavors))).toEqual({ kind, path });
  });

  test('flavors that are not read are named', async () => {
    await expect(parseMlmodel(file('  sklearn:\n    pickled_model: model.pkl\n'))).rejects.toMatchObject({
      code: 'model.unsupported',
      message: expect.stringContaining('sklearn, python_function'),
    });
  });

  test.each([
    ['a path that leads out of the folder', file('  onnx:\n    data: ../../secret.onnx\n')],
    ['no YAML', 'flavors: [unclosed'],
    ['no flavors', 'artifact_path: model'],
    ['a text', 'just words'],
    ['nothing', ''],
  ])('%s is refused', async (_, text) => {
    await expect(parseMlmodel(text)).rejects.toMatchObject({ code: 'model.corrupt' });
  });
});
