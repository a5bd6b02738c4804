import { createHash } from 'node:crypto';

/**
 * What one user of one tenant owns, in the application and in every API behind it: a text that belongs to nobody else, so that it tells whose
 * answer it stands in.
 */
export const ownData = ({ sub, tenant }: { sub: string; tenant?: string | undefined }): string =>
  `own-${createHash('sha256').update(`${tenant}/${sub}`).digest('hex').slice(0, 12)}`;
