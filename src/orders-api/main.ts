import { runPart } from '../shop/part.js';
import { startOrdersApi } from './orders-api.module.js';

runPart(startOrdersApi);
