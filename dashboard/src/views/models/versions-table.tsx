// Every registered version with what it was trained on and how good it was found.
import type { RegisteredModel } from '../../../../shared/models/registry.ts';
import { ago, percent, when } from '../../format.ts';
import { links } from '../../links.ts';
import { Badge, TableBox } from '../../parts/basics.tsx';
import { Head, number } from '../../parts/table-head.tsx';
import { words as modelWords } from '../../words/model.ts';
import { words } from '../../words/models.ts';
import { thresholdText } from '../model/threshold.ts';
import { trainedOn } from './trained-on.ts';

/** @param models  in the order shown */
export function VersionsTable({ models }: { models: readonly RegisteredModel[] }) {
  return (
    <TableBox label={words.versions}>
      <table class="versions">
        <Head
          columns={[
            words.version,
            number(words.accuracy),
            number(words.macroF1),
            number(<abbr title={words.eceMeaning}>{words.ece}</abbr>),
            words.kind,
            words.created,
            words.trainedOn,
            number(words.acceptsFrom),
            words.basis,
            number(words.coverage),
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
  const basis = modelWords.bases[accept.basis];
  return (
    <tr>
      <th scope="row">
        <span class="row nowrap-row">
          <a href={links.model(version)}>{version}</a>
          {model.champion && <Badge tone="good">{words.champion}</Badge>}
        </span>
      </th>
      {metrics === null ? (
        <td colSpan={3} class="dim">
          {words.notEvaluated}
        </td>
      ) : (
        <>
          <td class="number">{percent(metrics.accuracy, 1)}</td>
          <td class="number">{percent(metrics.macroF1, 1)}</td>
          <td class="number">{percent(metrics.ece, 1)}</td>
        </>
      )}
      <td class="nowrap">{words.kinds[model.kind]}</td>
      <td class="nowrap" title={when(model.createdAt)}>
        {ago(model.createdAt)}
      </td>
      <td class="trained-on">{trainedOn(model.training) ?? words.elsewhere}</td>
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
