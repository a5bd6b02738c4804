import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import { Public, RequireScopes } from 'nestjs-eie';
import { EieHealthIndicator } from 'nestjs-eie/terminus';
import { startAccounts } from '../accounts.js';
import { type Application } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer, refused } from '../parts.js';

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly identity: EieHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  @Public({ reason: 'The load balancer has no token.' })
  check() {
    return this.health.check([() => this.indicators.check('disk').up(), () => this.identity.isHealthy('identity')]);
  }

  @Get('detail')
  @HealthCheck()
  @RequireScopes('ledger:read')
  detail() {
    return this.health.check([() => this.indicators.check('database').up({ host: 'db-1.internal' })]);
  }
}

export const application: Application = {
  name: 'health checks by @nestjs/terminus, one for everybody and one with a scope',
  start: stage =>
    startAccounts(stage, {
      imports: [TerminusModule],
      controllers: [HealthController],
      providers: [EieHealthIndicator],
    }),
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    answers('a load balancer asks', () => running.send('/health'), '"disk":{"status":"up"}'),
    answers('a load balancer asks for the identity', () => running.send('/health'), '"auditLog":{"status":"up"}'),
    answers(
      'a load balancer asks with a token that has expired',
      () => running.send('/health', bearer(stage.world.userToken({ issuedAt: 1 }))),
      'up',
    ),
    answers(
      'an operator asks for the detail',
      () => running.send('/health/detail', bearer(stage.world.userToken({ scope: 'ledger:read' }))),
      'db-1.internal',
    ),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    refused(3, 'anybody asks for the detail', () => running.send('/health/detail')),
    refused(3, 'a user without the scope asks for the detail', () =>
      running.send('/health/detail', bearer(stage.world.userToken())),
    ),
    refused(3, 'anybody posts to the health', () => running.send('/health', { method: 'POST' })),
  ],
};
