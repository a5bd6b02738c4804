import { type IssuerOptions } from 'nestjs-eie';

/** Read when the application starts, and named if it is not there. */
export function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`Set ${name}: see .env.example.`);
  return value;
}

export const shopClient = 'shop-mcp';

/** Whose tokens both servers take. */
export const issuer = {
  issuer: required('ISSUER'),
  jwksUri: 'discovery',
  algorithms: ['ES256'],
  // A token whose subject is not its client acts for a user (RFC 9068).
  actorType: { user: { claim: 'sub', differsFrom: 'client_id' } },
} satisfies IssuerOptions;
