// The order of the pages: start, guides by task, providers, concepts, reference, operations.
const SECTIONS = [
  {
    text: 'Start',
    pages: ['start', 'your-project', 'overview', 'testing', 'clients', 'mcp-nest', 'examples', 'comparison'],
  },
  {
    text: 'Guides',
    pages: [
      'tools',
      'decorators',
      'tool-input',
      'rights',
      'delegation',
      'receivers',
      'approvals',
      'jobs',
      'policy-engines',
      'signals',
      'proof-of-possession',
    ],
  },
  { text: 'Identity providers', pages: ['identity-providers'], folder: 'providers' },
  { text: 'Concepts', pages: ['concepts', 'architecture', 'threat-model', 'format'] },
  {
    text: 'Operations',
    pages: ['production', 'deployment', 'posture', 'audit-log', 'observability', 'performance', 'auth-conformance'],
  },
  { text: 'Reference', pages: ['options', 'reason-codes', 'versions', 'vectors'] },
  { text: 'Packages', pages: [], folder: 'packages' },
  { text: 'Project', pages: ['changelog', 'upgrading', 'contributing', 'security'] },
];
/** Pages that are called otherwise in the sidebar than by their own heading. */
export const LABELS = {
  'overview.md': 'Overview',
  'format.md': 'The format',
  'mcp-nest.md': 'Existing servers',
  'signals.md': 'Signals',
  'proof-of-possession.md': 'Bound tokens',
  'deployment.md': 'Several instances',
  'posture.md': 'Posture and doctor',
  'observability.md': 'Observability',
  'performance.md': 'Performance',
  'auth-conformance.md': 'Authorization checks',
};
/** Where a page stands that no section names. */
const OTHERS = 'Guides';

/** The sections with their pages, in order. A page that is not named here stands at the end of the guides. */
export function sectionsOf(pages) {
  const named = new Set(SECTIONS.flatMap(section => section.pages));
  const folders = SECTIONS.flatMap(({ folder }) => folder ?? []);
  const byPath = new Map(pages.map(page => [page.path.replace(/\.md$/, ''), page]));
  const others = [...byPath.keys()].filter(
    path => path !== 'index' && !named.has(path) && !folders.some(folder => path.startsWith(`${folder}/`)),
  );
  return SECTIONS.map(({ text, pages: paths, folder }) => ({
    text,
    pages: [
      ...paths,
      ...(folder ? [...byPath.keys()].filter(path => path.startsWith(`${folder}/`)) : []),
      ...(text === OTHERS ? others : []),
    ].flatMap(path => byPath.get(path) ?? []),
  })).filter(section => section.pages.length);
}
