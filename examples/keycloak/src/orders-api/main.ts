import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { OrdersApiModule } from './orders-api.module.js';

const app = await NestFactory.create(OrdersApiModule);
app.enableShutdownHooks();
await app.listen(process.env.ORDERS_PORT ?? 3001);
