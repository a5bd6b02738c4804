import { IssuerSource } from '../options/issuer-source.js';
import { type AuthorizationOptions } from '../options/authorization.options.js';
import { type LimitsOptions } from '../options/eie.options.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { type AuditOptions } from '../options/audit.options.js';
import { type PortsOptions } from '../options/process.options.js';
import { type TargetOptions } from '../options/target.options.js';

interface Given {
  readonly issuers: readonly (IssuerOptions | IssuerSource)[];
  /** Not checked yet: the check of the targets says what is wrong with one. */
  readonly targets?: Readonly<Record<string, Partial<TargetOptions> | null | undefined>>;
  readonly authorization?: AuthorizationOptions;
  readonly limits?: LimitsOptions;
  readonly audit?: AuditOptions;
  readonly ports?: PortsOptions;
}

/** Seconds. */
const [MINUTE, DAY] = [60, 86_400];

/** What an operator has configured and a reviewer would ask about: one phrase for each, without anything secret. */
export function unusualIn({ issuers, targets = {}, authorization = {}, limits = {}, audit, ports }: Given): string[] {
  const { routes = [], proofOfPossession: { clientCertificate } = {} } = authorization;
  const { lifetime = MINUTE } = limits.tokenMemory ?? {};
  return [
    ...issuers.flatMap(one => {
      if (one instanceof IssuerSource) return ['an issuer source may name further issuers'];
      const said = [
        one.tokenHeader &&
          `has its tokens in the header ${one.tokenHeader.name}, which only the proxy in front may set`,
        one.opaqueTokens && 'may have opaque tokens',
        (one.maxLifetime ?? 0) > DAY && `may give tokens a life of ${one.maxLifetime} seconds`,
        (one.maxKeyAge ?? 0) > DAY && `has its keys believed for ${one.maxKeyAge} seconds while it cannot be reached`,
      ].filter(Boolean);
      return said.map(what => `issuer ${one.issuer} ${String(what)}`);
    }),
    ...Object.entries(targets).flatMap(([name, target]) =>
      target?.mode === 'restricted_user' ? [`target ${name} sees the user without this server as actor`] : [],
    ),
    ...(clientCertificate
      ? [
          `client certificates are in the header ${clientCertificate.header}, which only ${clientCertificate.proxies.join(', ')} may set`,
        ]
      : []),
    ...(lifetime > MINUTE ? [`a verified token is remembered for ${lifetime} seconds`] : []),
    ...(audit?.durability === 'process-crash' ? ['a loss of power may take the last audit records'] : []),
    ...(ports?.dangerouslyAllowHttp ?? []).map(({ host, for: use }) => `the ${use} ${host} is called over http`),
    ...routes.map(({ method, path, access }) => `${method} ${path} is ${access}`),
  ];
}
