import { Module } from '@nestjs/common';
import { apiKey, EieModule } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { WeatherTools } from './weather.tools.js';

/** Read when the application starts, and named if it is not there. */
function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`Set ${name}: see .env.example.`);
  return value;
}

@Module({
  imports: [
    EieModule.forRootAsync({
      useFactory: () => ({
        resource: required('EIE_RESOURCE'),
        issuers: [
          {
            issuer: required('EIE_ISSUER'),
            jwksUri: 'discovery',
            algorithms: ['RS256', 'ES256'],
            // A token whose subject is not its client acts for a user (RFC 9068).
            actorType: { user: { claim: 'sub', differsFrom: 'client_id' } },
          },
        ],
        targets: {
          weather_api: {
            mode: 'service_identity',
            baseUrl: required('WEATHER_URL'),
            credential: apiKey({ header: 'X-Api-Key', secret: required('WEATHER_KEY') }),
            // The API knows no users, so this server decides for whom it asks.
            scopes: ['weather:read'],
          },
        },
        audit: { directory: process.env.EIE_AUDIT_DIRECTORY ?? 'eie-audit' },
      }),
    }),
    EieMcpModule.register({ path: 'mcp', name: 'weather', version: '1.0.0' }),
  ],
  providers: [WeatherTools],
})
export class AppModule {}
