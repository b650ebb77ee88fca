// Commands of encoders: `sluice encoder list|import|use`.
import { type Command, Option } from 'commander';
import { data, encoderName, existing, json, onlyHere, remote, whole } from './options.ts';

export function addEncoderCommands(program: Command): void {
  const encoder = program
    .command('encoder')
    .description('sentence encoders, the second local stage: list, import, choose the one in use');
  remote(
    encoder
      .command('list', { isDefault: true })
      .description('encoders of the lake, and which one trainings and cold starts use'),
  ).action(async (options) => (await import('./commands/encoder.ts')).listEncoders(options));
  onlyHere(
    encoder
      .command('import')
      .description('try an encoder folder (model.onnx, tokenizer.json, tokenizer_config.json), store it and use it'),
    'it writes into the lake itself; set LAKE_DFS_ENDPOINT to take an encoder into the lake of an app',
  )
    .argument('<folder>', 'as it is downloaded; onnx/model.onnx and 1_Pooling/config.json are found too', existing)
    .option('--name <name>', 'default: name of the folder')
    .option('--model-file <file>', 'another model file of the folder, e.g. onnx/model_int8.onnx')
    .addOption(
      new Option('--pooling <kind>', 'how token vectors become one; default: as the folder says, else mean').choices([
        'mean',
        'cls',
        'last',
      ]),
    )
    .option('--max-tokens <n>', 'tokens of one window; default: as the folder says, else 256', whole(16, 8192))
    .option('--windows <n>', 'windows of a long document, from its beginning to its end', whole(1, 16), 3)
    .option('--document-prefix <text>', 'put before documents; default: as the folder says')
    .option('--label-prefix <text>', 'put before label descriptions; default: as the folder says')
    .option('--no-use', 'store it without using it')
    .addOption(data())
    .addOption(json())
    .action(async (folder, options) => (await import('./commands/encoder.ts')).importEncoder(folder, options));
  remote(encoder.command('use').description('choose the encoder of trainings and cold starts; `none` for no encoder'))
    .argument(
      '<encoder>',
      'as the list shows it, a name in EMBEDDING_DEPLOYMENTS (asked one question first), or none',
      encoderName,
    )
    .action(async (version, options) => (await import('./commands/encoder.ts')).useEncoder(version, options));
}
