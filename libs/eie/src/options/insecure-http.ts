import 'reflect-metadata';
import { isHttpUrl, isIdentifier } from 'execution-identity/internal';
import { IsString, MinLength, ValidateBy } from 'class-validator';
import { isDevelopment } from './environment.js';

/** What is called in the clear: a target, or an issuer of tokens. */
export type HttpUse = 'target' | 'issuer';
/** Whether this URL may be called without TLS. */
export type AllowsHttp = (url: unknown, use: HttpUse) => boolean;

const isHost = (value: unknown): boolean =>
  typeof value === 'string' &&
  /^[\w.:[\]-]+$/.test(value) &&
  URL.canParse(`http://${value}`) &&
  new URL(`http://${value}`).host === value;

/** A host beyond loopback that is called over http. Its tokens and secrets can be read by whoever is between. */
export class InsecureHttpOptions {
  /** Exactly this host, with its port where that is not 80: `keycloak:8080`. */
  @ValidateBy(
    { name: 'isHost', validator: { validate: isHost } },
    { message: '$property must be a host in lower case, with its port where that is not 80, such as "keycloak:8080"' },
  )
  host: string;

  /** `target`: TLS is done by the network that it is reached through, such as a mesh. `issuer`: for development alone. */
  @ValidateBy(
    {
      name: 'isUse',
      validator: { validate: value => value === 'target' || (value === 'issuer' && isDevelopment()) },
    },
    {
      message:
        '$property must be "target", or "issuer" where NODE_ENV is "development" or "test": an issuer decides who everybody is',
    },
  )
  for: HttpUse;

  @MinLength(10, { message: '$property must say, in a sentence, why the host is called without TLS' })
  @IsString({ message: '$property must say, in a sentence, why the host is called without TLS' })
  reason: string;
}

/** @param list what the operator names; read before it is checked, since other options are checked by it */
export function httpAllowedBy(list: unknown): AllowsHttp {
  const named = (Array.isArray(list) ? list : []) as readonly (Partial<InsecureHttpOptions> | null)[];
  return (url, use) =>
    isHttpUrl(url) &&
    (use === 'target' || isDevelopment()) &&
    named.some(one => one?.for === use && one.host === new URL(url as string).host);
}

interface UrlRule {
  readonly use: HttpUse;
  readonly message: string;
  /** Where the value is a name that is never called. */
  readonly unless?: (options: object) => boolean;
}
const RULES = 'eie:http-rules';

/** The option is a URL that this server calls: http passes on loopback, and at a host that is named for this use. */
export const CallsUrl =
  (rule: UrlRule): PropertyDecorator =>
  (prototype, property) => {
    const known = rulesOf(prototype.constructor);
    Reflect.defineMetadata(RULES, { ...known, [property]: rule }, prototype.constructor);
  };

const rulesOf = (type: object): Record<string, UrlRule> =>
  (Reflect.getMetadata(RULES, type) ?? {}) as Record<string, UrlRule>;

/** The problems with the URLs among these options, without the path that leads to them. */
export const httpProblems = (type: object, options: Record<string, unknown>, allowsHttp: AllowsHttp): string[] =>
  Object.entries(rulesOf(type)).flatMap(([name, { use, message, unless }]) =>
    !isHttpUrl(options[name]) || isIdentifier(options[name]) || unless?.(options) || allowsHttp(options[name], use)
      ? []
      : `${message.replace('$property', name)}; a host in the clear must be named in "ports.dangerouslyAllowHttp" with for: "${use}"`,
  );
