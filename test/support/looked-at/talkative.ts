import { Module } from '@nestjs/common';
import { EieModule } from 'nestjs-eie';

console.log('I am loaded');

/** An application that prints by itself, as those do which read a .env file. */
@Module({
  imports: [
    EieModule.forRootAsync({
      useFactory: () => {
        process.stdout.write('I am made\n');
        const actorType = { user: { claim: 'sub', differsFrom: 'client_id' } };
        return {
          resource: 'https://mcp.shop.test/mcp',
          issuers: [{ issuer: 'https://as.shop.test', jwksUri: 'discovery', algorithms: ['ES256'], actorType }],
        };
      },
    }),
  ],
})
export class Talkative {}
