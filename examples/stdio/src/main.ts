import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { serveStdio } from 'nestjs-eie/mcp';
import { AppModule } from './app.module.js';

// stdout belongs to the protocol: what the logger writes goes to stderr.
await serveStdio(await NestFactory.create(AppModule, { logger: ['error', 'fatal'] }));
