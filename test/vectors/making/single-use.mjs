// A receiver that takes each Txn-Token once. These vectors count in their order, against one memory.
import { APPROVAL, approvalSeen, fromDesk, onBehalfOf, serviceIdentity } from './calls.mjs';
import { Chapter, claims } from './chapter.mjs';
import { LOGIN, NOW } from './parties.mjs';

const chapter = new Chapter();
export default chapter;

const bearing = (jti, more = {}) => claims('txn', { jti, ...more });

chapter.valid('use-first', 'an id that was not used', onBehalfOf(), bearing('use-1'));
chapter.refused('use-again', 'the same id again', 'txn_token_replayed', bearing('use-1'));
chapter.refused(
  'use-again-in-another-token',
  'the same id in another token of the same server',
  'txn_token_replayed',
  bearing('use-1'),
  serviceIdentity(),
);
chapter.valid('use-second', 'another id', onBehalfOf(), bearing('use-2'));
chapter.valid('use-of-another-sealer', 'the same id of another sealing server', fromDesk(), bearing('use-1'));
chapter.refused('use-without-id', 'no id', 'txn_token_invalid', () => {});
chapter.refused('use-id-no-text', 'an id that is no text', 'txn_token_invalid', bearing(7));
chapter.refused('use-id-empty', 'an id that is empty', 'txn_token_invalid', bearing(''));
chapter.refused(
  'use-refused-mismatch',
  'an id that was not used, of another user',
  'credential_mismatch',
  bearing('use-3', { sub: 'bob' }),
);
chapter.refused('use-refused-service', 'the same id, for another service', 'service_not_named', call => {
  bearing('use-3')(call);
  call.txn.claims.tctx.eie.allowed = ['billing_api'];
});
chapter.valid('use-after-refusals', 'a refused call has used nothing up', onBehalfOf(), bearing('use-3'));
chapter.refused('use-after-refusals-again', 'and now it is used', 'txn_token_replayed', bearing('use-3'));

/** `counts`: whether the receiver must see the approval. */
const approved = (id, title, changes, counts = true) =>
  chapter.valid(`approval-${id}`, title, onBehalfOf(), call => {
    const approval = { ...APPROVAL, ...changes };
    bearing(`approval-${id}`)(call);
    call.txn.claims.tctx.eie.approval = approval;
    if (counts) call.identity.approval = approvalSeen(approval);
  });

approved('by-another', 'an approval by another user', {});
approved('by-self', 'an approval by the user of the call', { by: 'self', approver: { iss: LOGIN, sub: 'alice' } });
approved('by-client', 'an approval of which the client of the call says that it was given', {
  by: 'client',
  approver: undefined,
});
approved('expires-later', 'an approval that ends in the next second', { exp: NOW + 1 });
approved('expired', 'an approval that ends in this second counts for nothing', { exp: NOW }, false);
chapter.refused('approval-again', 'a token with an approval again', 'txn_token_replayed', call => {
  bearing('approval-by-another')(call);
  call.txn.claims.tctx.eie.approval = APPROVAL;
});
