import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { UsageError } from 'execution-identity/internal/cli';
import { type PostureDocument } from '../boot/posture/posture-document.js';
import { postureChanges } from './posture-changes.js';
import { readPosture } from './posture-file.js';

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const SCHEMA = read('../../schema/posture-1.schema.json') as Record<string, unknown>;
const REFERENCE = read('../../../../src/mcp-server/posture.json') as PostureDocument;

describe('a committed posture', () => {
  /** Another validator of the published schema. */
  const isValid = new Ajv({ allowUnionTypes: true, strictTypes: false }).compile(SCHEMA);
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'eie-posture-file-'))));
  afterAll(() => rm(folder, { recursive: true }));

  const readText = async (document: unknown): Promise<PostureDocument | Error> => {
    const file = join(folder, 'posture.json');
    await writeFile(file, JSON.stringify(document));
    return readPosture(file).catch((error: Error) => error);
  };

  it('is read as it was written', async () => {
    expect(await readText(REFERENCE)).toEqual(REFERENCE);
  });

  it.each([
    ['lacks any one of its members', undefined],
    ['has a number in the place of any one of its members', 7],
    ['has nothing in the place of any one of its members', null],
    ['has an empty list in the place of any one of its members', []],
  ])(
    'that %s is refused by name, or compared where the schema leaves it open, and is never the end of the command',
    async (_what, value) => {
      let refused = 0;
      for (const [path, changed] of variants(REFERENCE, value)) {
        const found = await readText(changed);
        if (isValid(changed)) {
          expect([path, found]).toEqual([path, changed]);
          expect(() => postureChanges(found as PostureDocument, REFERENCE)).not.toThrow();
          expect(() => postureChanges(REFERENCE, found as PostureDocument)).not.toThrow();
          continue;
        }
        expect([path, found]).toEqual([path, expect.any(UsageError)]);
        expect((found as Error).message).toMatch(
          /^\S+posture\.json is no posture that this version can compare: [\w-]+[^\n]* is [^\n]+\. Write it anew with --write \S+posture\.json, /,
        );
        // The sentence names the member, or the one that holds it.
        expect((found as Error).message).toContain(path.split('.').at(-1)!.replace(/^\d+$/, ''));
        refused++;
      }
      expect(refused).toBeGreaterThan(50);
    },
  );

  it('knows every keyword of the published schema', () => {
    const known = ['type', 'const', 'enum', 'pattern', 'minimum', 'required', 'properties', 'additionalProperties']
      .concat(['items', 'allOf', 'anyOf', 'if', 'then', 'else'])
      .concat(['$schema', '$id', 'title', 'description']);
    expect(keywordsOf(SCHEMA).filter(one => !known.includes(one))).toEqual([]);
  });
});

/** The same document with another value, or none, in the place of each of its members. Of a list, the members of its first item alone. */
function* variants(document: unknown, value: unknown, at: readonly string[] = []): Generator<[string, unknown]> {
  const here = inside(document, at);
  if (typeof here !== 'object' || here === null) return;
  for (const name of Array.isArray(here) ? Object.keys(here).slice(0, 1) : Object.keys(here)) {
    const path = [...at, name];
    if (!Array.isArray(here)) {
      const changed = structuredClone(document);
      const parent = inside(changed, at) as Record<string, unknown>;
      if (value === undefined) delete parent[name];
      else parent[name] = value;
      yield [path.join('.'), changed];
    }
    yield* variants(document, value, path);
  }
}

const inside = (document: unknown, at: readonly string[]): unknown =>
  at.reduce((one, step) => (one as Record<string, unknown>)[step], document);

/** Of a schema and of the schemas in it. */
function keywordsOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keywordsOf);
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (keyword === 'properties') return [keyword, ...Object.values(value as object).flatMap(keywordsOf)];
    return ['items', 'additionalProperties', 'allOf', 'anyOf', 'if', 'then', 'else', 'not', 'oneOf'].includes(keyword)
      ? [keyword, ...keywordsOf(value)]
      : [keyword];
  });
}
