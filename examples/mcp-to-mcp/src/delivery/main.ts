import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { required } from '../settings.js';
import { DeliveryModule } from './delivery.module.js';

const app = await NestFactory.create(DeliveryModule);
app.enableShutdownHooks();
await app.listen(required('DELIVERY_PORT'));
