import { builtFolder, watchesItself } from './start-command.js';

const SCRIPTS = {
  start: 'nest start',
  'start:dev': 'nest start --watch',
  dev: 'npm run start:dev',
  'dev:all': 'npm run build && npm run -s start:dev',
  loop: 'npm run loop',
  test: 'jest --watchAll',
  'start:prod': 'node --enable-source-maps dist/main.js',
  built: 'node ./build/main',
  prebuilt: 'tsc -b',
  all: 'npm run build && npm run start:prod',
};

describe('a start command', () => {
  it.each([
    'nest start --watch',
    'nest start -w',
    'node --watch-path=src main.js',
    'npx tsx watch src/main.ts',
    'nodemon src/main.js',
    'npm run start:dev',
    'npm run dev',
    'npm run dev:all',
    'pnpm start:dev',
    'yarn run start:dev',
    'cd app && npm run start:dev',
  ])('watches by itself: %s', command => {
    expect(watchesItself(command, SCRIPTS)).toBe(true);
  });

  it.each([
    'npm start',
    'nest start',
    'node dist/main.js',
    'npm run loop',
    'npm run unknown',
    'npm run constructor',
    'npm test',
  ])('does not watch: %s', command => {
    expect(watchesItself(command, SCRIPTS)).toBe(false);
  });

  it.each([
    ['node dist/main.js', 'dist'],
    ['npm run start:prod', 'dist'],
    ['node ./out/main', 'out'],
  ])('runs what others build: %s', (command, folder) => {
    expect(builtFolder(command, SCRIPTS)).toBe(folder);
  });

  it.each([
    'npm start',
    'npm run all',
    'npm run built',
    'tsc && node dist/main.js',
    'node src/main.js dist/file',
    'node distance/main.js',
  ])('builds what it runs, or runs its sources: %s', command => {
    expect(builtFolder(command, SCRIPTS)).toBeUndefined();
  });

  it('is understood at once where its scripts run each other many times, and where they are no texts', () => {
    const many = Array.from({ length: 20 }, () => 'npm run a && npm run b').join(' && ');
    expect(watchesItself('npm run a', { a: many, b: many })).toBe(false);
    expect(watchesItself('npm run a', { a: 5, b: null })).toBe(false);
  });
});
