// Every registered version with what it was trained on and how good it was found.
import type { RegisteredModel } from '../../../../shared/models/registry.ts';
import { ago, percent, when } from '../../format.ts';
import { links } from '../../links.ts';
import { Badge, TableBox } from '../../parts/basics.tsx';
import { Head, number } from '../../parts/table-head.tsx';
import { BASIS_TEXT, thresholdText } from '../model/threshold.ts';
import { trainedOn } from './trained-on.ts';

/** @param models  in the order shown */
export function VersionsTable({ models }: { models: readonly RegisteredModel[] }) {
  return (
    <TableBox label="Versions">
      <table class="versions">
        <Head
          columns={[
            'Version',
            number('Accuracy'),
            number('Macro F1'),
            number(<abbr title="Expected calibration error: mean gap between confidence and share right">ECE</abbr>),
            'Kind',
            'Created',
            'Trained on',
            number('Accepts from'),
            'Basis',
            number('Coverage'),
          ]}
        />
        <tbody>
          {models.map((model) => (
            <VersionRow key={model.version} model={model} />
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function VersionRow({ model }: { model: RegisteredModel }) {
  const { version, accept, metrics } = model;
  const basis = BASIS_TEXT[accept.basis];
  return (
    <tr>
      <th scope="row">
        <span class="row nowrap-row">
          <a href={links.model(version)}>{version}</a>
          {model.champion && <Badge tone="good">champion</Badge>}
        </span>
      </th>
      {metrics === null ? (
        <td colSpan={3} class="dim">
          not evaluated
        </td>
      ) : (
        <>
          <td class="number">{percent(metrics.accuracy, 1)}</td>
          <td class="number">{percent(metrics.macroF1, 1)}</td>
          <td class="number">{percent(metrics.ece, 1)}</td>
        </>
      )}
      <td class="nowrap">{KIND_NAMES[model.kind]}</td>
      <td class="nowrap" title={when(model.createdAt)}>
        {ago(model.createdAt)}
      </td>
      <td class="trained-on">{trainedOn(model.training) ?? 'elsewhere'}</td>
      <td class="number">{thresholdText(accept.threshold)}</td>
      <td>
        <Badge
          tone={accept.basis === 'guarantee' ? 'good' : accept.basis === 'default' ? 'warn' : 'plain'}
          title={basis.title}
        >
          {basis.name}
        </Badge>
      </td>
      <td class="number">{accept.basis === 'default' ? '–' : percent(accept.coverage, 1)}</td>
    </tr>
  );
}

export const KIND_NAMES: Readonly<Record<RegisteredModel['kind'], string>> = {
  'logistic-regression': 'logistic regression',
  xgboost: 'XGBoost',
  onnx: 'ONNX',
};
