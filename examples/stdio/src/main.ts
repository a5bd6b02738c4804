import 'reflect-metadata';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { serveStdio } from 'nestjs-eie/mcp';
import { AppModule } from './app.module.js';

/** stdout belongs to the protocol. Why a call is refused is a warning: at Nest's own logger it would go there. */
class StderrLogger extends ConsoleLogger {
  protected override printMessages(messages: unknown[], context?: string, level?: LogLevel) {
    super.printMessages(messages, context, level, 'stderr');
  }
}

await serveStdio(await NestFactory.create(AppModule, { logger: new StderrLogger() }));
