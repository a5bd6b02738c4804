import { runPart } from '../shop/part.js';
import { startInvoicesApi } from './invoices-api.js';

runPart(startInvoicesApi);
