import { Controller, Get } from '@nestjs/common';
import { EieModule, type EieOptions, Identity, RequireScopes } from 'nestjs-eie';
import { type StoreServer } from '../../replicas/store.js';
import { sharedPorts } from '../../replicas/shared-ports.js';
import { startNest } from '../load/nest.js';
import { trusting } from '../load/ours.js';
import { serve } from '../load/serve.js';
import { type PublicKeys } from '../load/tokens.js';

export interface SharingAbout {
  readonly keys: PublicKeys;
  /** An empty folder for its audit log. */
  readonly folder: string;
  /** Of kind `none`: in the memory of the process. */
  readonly store: Pick<StoreServer, 'kind' | 'url'>;
}

@Controller('me')
class SharingController {
  @Get()
  @RequireScopes('orders:read')
  me(@Identity('actor.sub') user: string) {
    return { user };
  }
}

serve<SharingAbout>(async ({ keys, folder, store }) => {
  const { ports } = await sharedPorts(store, 'a secret of the benchmark, of 32 bytes');
  const options: EieOptions = { ...trusting(keys, { directory: folder }), ports };
  return startNest({ imports: [EieModule.forRoot(options)], controllers: [SharingController] }, 'fastify');
});
