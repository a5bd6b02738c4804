import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule, mcp } from './app.module.js';

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
// `inheritAppConfig`: Nest runs global guards, and so the boundary, on tools too.
app.connectMicroservice({ strategy: mcp }, { inheritAppConfig: true });
await app.startAllMicroservices();
await app.listen(process.env.PORT ?? 3000);
