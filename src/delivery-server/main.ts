import { runPart } from '../shop/part.js';
import { startDeliveryServer } from './delivery-server.module.js';

runPart(startDeliveryServer);
