import { ApprovalService } from './approval.service.js';
import { Approvals } from './approvals.js';

/** What `EieModule` has for calls that a person must approve; it exports them all. */
export const approvalProviders = [Approvals, ApprovalService];
