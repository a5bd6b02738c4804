import { readFile, writeFile } from 'node:fs/promises';
import { UsageError } from 'execution-identity/internal/cli';
import { type PostureDocument } from '../boot/posture/posture-document.js';
import { problemOf, type Schema } from './json-schema.js';
import { sortedMembers } from './sorted-members.js';

const SCHEMA = new URL('../../schema/posture-1.schema.json', import.meta.url);

/**
 * The posture that was committed, by the published schema: what is not in it could not be compared.
 *
 * @throws UsageError which names the file, says what is wrong with it, and how it is written anew
 */
export async function readPosture(file: string): Promise<PostureDocument> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UsageError(`${file} cannot be read. Write it with --write ${file}, review it, and commit it.`);
  });
  const [document, problem] = await parsed(text);
  if (problem === undefined) return document as PostureDocument;
  throw new UsageError(
    `${file} is no posture that this version can compare: ${problem}. Write it anew with --write ${file}, review it, and commit it.`,
  );
}

async function parsed(text: string): Promise<[document: unknown, problem: string | undefined]> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return [undefined, 'it is not JSON'];
  }
  const schema = JSON.parse(await readFile(SCHEMA, 'utf8')) as Schema;
  return [document, problemOf(document, schema, 'it')];
}

/** In one order of members, as in the canonical text, and indented for those who review it. */
export const postureText = (document: PostureDocument): string =>
  `${JSON.stringify(sortedMembers(document), null, 2)}\n`;

/** @throws UsageError where it cannot be written */
export const writePosture = (file: string, document: PostureDocument): Promise<void> =>
  writeFile(file, postureText(document)).catch(() => {
    throw new UsageError(`${file} cannot be written.`);
  });
