/** The receiving side on Nest: a downstream service that believes sealed envelopes. */
export { EieReceiverModule } from './eie-receiver.module.js';
export { EieReceiverGuard } from './receiver.guard.js';
export { EieReceiverOptions, PresenterOptions, TrustedSealerOptions, TrustOptions } from './receiver.options.js';
