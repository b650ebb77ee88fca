// Every registered version with what it was trained on and how good it was found.
import type { RegisteredModel } from '../../../../shared/models/registry.ts';
import { ago, percent, when } from '../../format.ts';
import { links } from '../../links.ts';
import { Badge, TableBox } from '../../parts/basics.tsx';
import { BASIS_TEXT, thresholdText } from '../model/threshold.ts';
import { trainedOn } from './trained-on.ts';

/** @param models  in the order shown */
export function VersionsTable({ models }: { models: readonly RegisteredModel[] }) {
  return (
    <TableBox label="Versions">
      <table class="versions">
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">Kind</th>
            <th scope="col">Created</th>
            <th scope="col">Trained on</th>
            <th scope="col" class="number">
              Accuracy
            </th>
            <th scope="col" class="number">
              Macro F1
            </th>
            <th scope="col" class="number">
              <abbr title="Expected calibration error: mean gap between confidence and share right">ECE</abbr>
            </th>
            <th scope="col" class="number">
              Accepts from
            </th>
            <th scope="col">Basis</th>
            <th scope="col" class="number">
              Coverage
            </th>
          </tr>
        </thead>
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
      <td class="nowrap">{KIND_NAMES[model.kind]}</td>
      <td class="nowrap" title={when(model.createdAt)}>
        {ago(model.createdAt)}
      </td>
      <td class="trained-on">{trainedOn(model.training) ?? 'elsewhere'}</td>
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
