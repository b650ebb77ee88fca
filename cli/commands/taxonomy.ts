// `sluice taxonomy`: the labels of a lake. Versions, what two of them differ in, and which one is in use.
import {
  checkTaxonomy,
  remarksOn,
  type TaxonomyCheck,
  type TaxonomyRemark,
} from '../../shared/insight/check-taxonomy.ts';
import { listTaxonomies, loadTaxonomy, publishTaxonomy, type TaxonomyList } from '../../shared/pipeline/taxonomies.ts';
import { silentLogger } from '../../shared/ports.ts';
import { type Taxonomy, taxonomyDocument } from '../../shared/taxonomy.ts';
import { diffTaxonomies, type TaxonomyDiff } from '../../shared/taxonomy-diff.ts';
import { atLake, type LakeOptions, lookAt } from '../at-lake.ts';
import { answer, note, screenWidth, tellBroken } from '../console.ts';
import { isLakeThere } from '../local-app.ts';
import { whyNoFile } from '../local-files.ts';
import { printableJson } from '../printable.ts';
import { formatTable } from '../table.ts';
import { noteOn, parseTaxonomyFile, taxonomyOf } from '../taxonomy-file.ts';

export async function listTaxonomyVersions(options: LakeOptions): Promise<void> {
  const { taxonomies, broken } = await listOf(options);
  tellBroken(broken);
  answer(options, { taxonomies, broken }, () =>
    formatTable(
      [{ title: 'version', flexible: true }, { title: '' }, { title: 'labels', align: 'right' }, { title: 'stored' }],
      taxonomies.map((one) => [
        one.version,
        one.isCurrent ? 'in use' : '',
        String(one.labels),
        one.storedAt.slice(0, 16).replace('T', ' '),
      ]),
      screenWidth(),
    ),
  );
  if (taxonomies.length + broken.length === 0)
    note('No labels are stored yet: `sluice taxonomy set <file>` stores the first.');
}

/** The labels of one version, or of the one in use, as a file that `set` takes. */
export async function showTaxonomy(version: string | undefined, options: LakeOptions): Promise<void> {
  const taxonomy = await storedTaxonomy(version, options);
  answer(options, taxonomy, () => printableJson(taxonomyDocument(taxonomy), 2)); // a file that `set` takes
}

/** Use the labels of a file from now on. Decisions there are keep the version they were made under. */
export async function setTaxonomy(file: string, options: LakeOptions): Promise<void> {
  const document = parseTaxonomyFile(file);
  const wanted = taxonomyOf(file, document);
  noteOn(wanted);
  const current = await currentOf(options);
  const taxonomy = await atLake(options, {
    api: (api) => api.ask<Taxonomy>('POST', '/api/taxonomies', document),
    app: (app) => publishTaxonomy(app.lake, document),
  });
  const diff = current === undefined ? undefined : diffTaxonomies(current, wanted);
  const weak = remarksOn(wanted.labels).length;
  if (weak > 0) note(`${weak} remark(s) on the labels: \`sluice taxonomy check ${file}\` tells them.`);
  answer(options, { taxonomy, ...(diff === undefined ? {} : { diff }) }, () =>
    [
      `${taxonomy.version} is in use: ${taxonomy.labels.length} labels`,
      ...(diff === undefined ? [] : describe(diff)),
    ].join('\n'),
  );
}

/** Would `set` take the file, what would change, and what is weak in its labels? @throws Error with --strict where something is */
export async function checkTaxonomyFile(file: string, options: LakeOptions & { strict: boolean }): Promise<void> {
  const document = parseTaxonomyFile(file);
  const wanted = taxonomyOf(file, document);
  noteOn(wanted);
  // Labels are written before there is a lake: they are compared by their words then.
  const isLake = options.url !== undefined || isLakeThere(options.data);
  const current = isLake ? await currentOf(options) : undefined;
  const diff = current === undefined ? undefined : diffTaxonomies(current, wanted);
  const check = isLake ? await remarksAt(options, document) : await checkTaxonomy({ logger: silentLogger }, document);
  answer(options, { ...check, diff: diff ?? null }, () =>
    [
      `${file} can be stored: ${wanted.labels.length} labels, version ${wanted.version}`,
      ...(diff === undefined ? [isLake ? 'The lake has no labels yet.' : 'There is no lake yet.'] : describe(diff)),
      ...describeCheck(check),
    ].join('\n'),
  );
  if (options.strict && check.remarks.length > 0) throw new Error(`${check.remarks.length} remark(s) on the labels`);
}

const remarksAt = (options: LakeOptions, document: unknown): Promise<TaxonomyCheck> =>
  atLake(options, {
    api: (api) => api.ask<TaxonomyCheck>('POST', '/api/taxonomies/check', document),
    app: (app) => checkTaxonomy(app.services, document, app.services),
  });

function describeCheck({ remarks, encoder, encoderFailure }: TaxonomyCheck): string[] {
  const means = encoder === null ? 'by their words' : `by meaning, with ${encoder}`;
  const why = encoderFailure === null ? '' : ` (the encoder in use failed: ${encoderFailure})`;
  if (remarks.length === 0)
    return [`Labels compared ${means}${why}: none read alike, and every description says something.`];
  return [`Labels compared ${means}${why}:`, ...remarks.map(describeRemark)];
}

function describeRemark(remark: TaxonomyRemark): string {
  if (remark.kind === 'thin')
    return `! ${remark.label}: its description has ${remark.words} words beyond the name; say what such documents hold and what does not belong`;
  const [one, other] = remark.labels;
  const how = `similarity ${remark.similarity.toFixed(2)}`;
  return remark.kind === 'same'
    ? `! ${one} | ${other}: nothing tells them apart (${how}); merge them, or say what only one of them holds`
    : `! ${one} | ${other}: they read alike (${how}); say what sets them apart`;
}

/** What two versions differ in. @param to  default: the one in use */
export async function diffTaxonomyVersions(from: string, to: string | undefined, options: LakeOptions): Promise<void> {
  const [before, after] = [await versionOrFile(from, options), await versionOrFile(to, options)];
  const diff = diffTaxonomies(before, after);
  answer(options, diff, () => describe(diff).join('\n'));
}

function describe({ from, to, added, removed, renamed, changed, same, domain }: TaxonomyDiff): string[] {
  if (from === to) return [`${from} and ${to} are the same`];
  return [
    `${from} → ${to}: ${same} labels the same`,
    ...(domain === null ? [] : [`~ domain: ${domain.from ?? 'none'} → ${domain.to ?? 'none'}`]),
    ...added.map((name) => `+ ${name}`),
    ...removed.map((name) => `- ${name}`),
    ...renamed.map((pair) => `~ ${pair.from} → ${pair.to} (renamed)`),
    ...changed.map(({ label, fields }) => `~ ${label} (${fields.join(' and ')})`),
  ];
}

const listOf = async (options: LakeOptions): Promise<TaxonomyList> =>
  await lookAt(options, {
    api: (api) => api.ask<TaxonomyList>('GET', '/api/taxonomies'),
    app: (app) => listTaxonomies(app.lake),
  });

const storedTaxonomy = (version: string | undefined, options: LakeOptions): Promise<Taxonomy> =>
  lookAt(options, {
    api: (api) => api.ask<Taxonomy>('GET', `/api/taxonomies/${encodeURIComponent(version ?? 'current')}`),
    app: (app) => loadTaxonomy(app.lake, version),
  });

/** The labels in use; undefined in a lake without any. */
async function currentOf(options: LakeOptions): Promise<Taxonomy | undefined> {
  const current = (await listOf(options)).taxonomies.find(({ isCurrent }) => isCurrent);
  return current === undefined ? undefined : await storedTaxonomy(current.version, options);
}

/** A file of this machine, else a version of the lake. */
const versionOrFile = async (name: string | undefined, options: LakeOptions): Promise<Taxonomy> =>
  name !== undefined && whyNoFile(name) === undefined
    ? taxonomyOf(name, parseTaxonomyFile(name))
    : await storedTaxonomy(name, options);
