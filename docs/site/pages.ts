// The pages of the site: which Markdown files, in which order, under which address. The files themselves are what GitHub shows.

export interface Page {
  /** From the root of the project. */
  source: string;
  /** Of its file in the site, without `.html`. */
  name: string;
  /** In the navigation, where its heading is longer than a reader wants it there. */
  short?: string;
}

export interface Group {
  title: string;
  pages: readonly Page[];
}

const doc = (name: string, short?: string): Page => ({
  source: `docs/${name}.md`,
  name,
  ...(short === undefined ? {} : { short }),
});

export const GROUPS: readonly Group[] = [
  {
    title: 'Begin',
    pages: [
      { source: 'README.md', name: 'index', short: 'Overview' },
      { source: 'samples/README.md', name: 'samples' },
      doc('dashboard'),
      doc('commands'),
      doc('settings'),
    ],
  },
  {
    title: 'Documents',
    pages: [
      doc('sources', 'Sources'),
      doc('formats'),
      doc('models'),
      doc('cold-start', 'Cold start'),
      doc('llm', 'LLM'),
      doc('runs', 'After a run'),
      doc('lake', 'Lake'),
    ],
  },
  {
    title: 'In Azure',
    pages: [doc('deploy', 'Deploy'), doc('operations'), doc('security')],
  },
  {
    title: 'Build on it',
    pages: [
      { source: 'examples/README.md', name: 'examples' },
      doc('tour', 'Tour of the code'),
      doc('local-host', 'Local host'),
      doc('benchmarks'),
      doc('decisions'),
      { source: 'CONTRIBUTING.md', name: 'contributing' },
    ],
  },
];

export const PAGES: readonly Page[] = GROUPS.flatMap(({ pages }) => pages);
