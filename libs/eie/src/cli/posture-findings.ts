import { type PostureDocument } from '../boot/posture/posture-document.js';
import { type Finding } from '../issuers/finding.js';
import { type ExchangingIssuers } from '../issuers/issuer-examination.js';
import { ceilingFindings } from './ceiling-findings.js';

/** What an operator should know of a configuration that boots. */
export function postureFindings(document: PostureDocument): Finding[] {
  return [
    ...resourceFindings(document),
    ...ceilingFindings(document),
    ...logFindings(document),
    ...signingFindings(document),
  ];
}

/** The issuers at which the targets of an application exchange tokens: those of single tenants too. */
export function exchangingIssuers({ targets }: Pick<PostureDocument, 'targets'>): ExchangingIssuers {
  const named = targets
    .filter(({ mode }) => mode !== 'service_identity')
    .flatMap(({ issuer, tenants }) => [
      issuer,
      ...Object.values(tenants as Record<string, Members>).map(at => at.issuer),
    ]);
  const inbound = named.flatMap(one => (one as { inbound?: readonly string[] } | null)?.inbound ?? []);
  return {
    issuers: new Set(named.filter(one => typeof one === 'string')),
    presets: named.some(isEvery) ? 'every' : new Set(inbound),
  };
}

type Members = Readonly<Record<string, unknown>>;

/** `inboundIssuer()` without names. */
const isEvery = (one: unknown): boolean => (one as { inbound?: readonly string[] } | null)?.inbound?.length === 0;

/** RFC 9728: a client of MCP finds the metadata by the path of the resource, and asks for tokens of this very identifier. */
function resourceFindings({ mcp }: PostureDocument): Finding[] {
  const check = 'resource';
  return mcp.map(({ path, resource }) => {
    const served = `/${path.replace(/^\/|\/$/g, '')}`;
    const named = new URL(resource as string).pathname;
    if (named.endsWith(served) || served === '/')
      return { check, level: 'ok', message: `The MCP route ${path} is named by its resource.` };
    return {
      check,
      level: 'warning',
      message: `The MCP route is served at ${served}, and the resource ${resource as string} has the path ${named}: clients that compare the two refuse it.`,
      fix: `Make the resource the URL that clients use, such as ${new URL(served, resource as string).href}.`,
    };
  });
}

function logFindings({ audit }: PostureDocument): Finding[] {
  const check = 'audit.anchor';
  if (audit.anchored === true) return [{ check, level: 'ok', message: 'The audit log has an anchor.' }];
  return [
    {
      check,
      level: 'warning',
      message:
        audit.anchored === null
          ? 'The audit log is one of the application, which does not say whether it is anchored.'
          : 'The audit log is self-consistent, not anchored: whoever owns this machine can write it anew.',
      fix: 'Give audit.anchor a place that this machine can only add to.',
    },
  ];
}

function signingFindings({ deployment: { signing } }: PostureDocument): Finding[] {
  const check = 'signing';
  if (signing !== 'ephemeral') return [{ check, level: 'ok', message: 'No signing key dies with its process.' }];
  return [
    {
      check,
      level: 'warning',
      message: 'Envelopes are sealed with a key that only one process has, and that ends with it.',
      fix: 'Give signing { keys: [private JWK] } or a signer where more than one process runs.',
    },
  ];
}
