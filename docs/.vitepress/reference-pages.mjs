/** Every entry point that has a page of reference, and where its index lies under `libs`. */
export const ENTRY_POINTS = {
  'execution-identity': 'core',
  'nestjs-eie': 'eie',
  'nestjs-eie/mcp': 'eie/src/mcp',
  'nestjs-eie/mcp-nest': 'eie/src/mcp-nest',
  'nestjs-eie/presets': 'eie/src/presets',
  'nestjs-eie/receiver': 'eie/src/receiver',
  'nestjs-eie/terminus': 'eie/src/terminus',
  'nestjs-eie-bullmq': 'bullmq',
  'nestjs-eie-cedar': 'cedar',
  'nestjs-eie-postgres': 'postgres',
  'nestjs-eie-redis': 'redis',
};

/** The pages of the reference by the name of their entry point. */
export const REFERENCE = Object.fromEntries(Object.keys(ENTRY_POINTS).map(name => [name, `reference/${name}.md`]));
