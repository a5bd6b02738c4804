import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { required } from '../settings.js';
import { ShopModule } from './shop.module.js';

const app = await NestFactory.create(ShopModule);
app.enableShutdownHooks();
await app.listen(required('SHOP_PORT'));
