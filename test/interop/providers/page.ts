import { isNone, type None, type ProviderFixture, type TokenFixture } from './fixture.js';

/** The row of a provider in the table of `docs/identity-providers.md`. */
export function rowOf(fixture: ProviderFixture): string {
  const { title, kind, options, user, service, idToken, reason } = fixture;
  const how = kind === 'preset' ? `\`${String(options.preset)}\`` : kind === 'recipe' ? 'recipe' : 'cannot work';
  if (kind === 'impossible') return cells(title, how, '', '', '', reason!);
  const limits = [user, service].flatMap(limitOf);
  return cells(title, how, sourceOf(user), sourceOf(service), sourceOf(idToken), limits.join(' '));
}

/** What the table says of one token: the page that prints it, or that it was concluded. */
function sourceOf(part: TokenFixture | None): string {
  if (isNone(part)) return 'none';
  return part.source.kind === 'documented' ? `[documented](${part.source.url})` : 'inferred';
}

function limitOf(part: TokenFixture | None): string[] {
  if (isNone(part)) return [part.none];
  return 'refused' in part.expect ? [part.expect.instead] : [];
}

const cells = (...texts: string[]): string => `|${texts.map(text => (text ? ` ${text} ` : ' ')).join('|')}|`;

/** A row as Markdown means it: a formatter may pad its cells. */
export const plain = (row: string): string => row.replace(/\s+/g, ' ').trim();
