const TOKEN = "[\\w!#$%&'*+.^`|~-]+";

/**
 * The challenges of a `WWW-Authenticate` value (RFC 9110 §11.6.1), which may hold several and separates all by commas.
 *
 * @returns {{ scheme: string, parameters: Map<string, string> }[]} with names in lower case
 */
export function challengesIn(header = '') {
  const parameter = new RegExp(`[\\s,]*(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]*))`, 'y');
  const scheme = new RegExp(`[\\s,]*(${TOKEN})(?=[\\s,]|$)`, 'y');
  const challenges = [];
  for (let at = 0; at < header.length;) {
    parameter.lastIndex = scheme.lastIndex = at;
    const named = challenges.length && parameter.exec(header);
    if (named) {
      challenges.at(-1).parameters.set(named[1].toLowerCase(), named[2]?.replaceAll(/\\(.)/g, '$1') ?? named[3]);
      at = parameter.lastIndex;
      continue;
    }
    const next = scheme.exec(header);
    if (!next) break;
    challenges.push({ scheme: next[1].toLowerCase(), parameters: new Map() });
    at = scheme.lastIndex;
  }
  return challenges;
}

/** The parameters of the Bearer challenge of an answer; `undefined` when it has none. */
export const bearerChallenge = ({ headers }) =>
  challengesIn(headers['www-authenticate']).find(({ scheme }) => scheme === 'bearer')?.parameters;
