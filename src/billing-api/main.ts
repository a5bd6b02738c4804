import { runPart } from '../shop/part.js';
import { startBillingApi } from './billing-api.module.js';

runPart(startBillingApi);
