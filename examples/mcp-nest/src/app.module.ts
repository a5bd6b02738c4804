import { Controller, Module } from '@nestjs/common';
import { StreamableHttpTransport } from '@rekog/mcp-nest';
import { EieModule } from 'nestjs-eie';
import { EieMcpControllerFor, EieMcpStrategy } from 'nestjs-eie/mcp-nest';
import { OrderTools } from './order.tools.js';

const { EIE_RESOURCE = 'http://localhost:3000/mcp', EIE_ISSUER = '', EIE_AUDIT_DIRECTORY = 'eie-audit' } = process.env;

/** In the place of `new McpStrategy({ … })`. */
export const mcp = new EieMcpStrategy({ name: 'shop', version: '1.0.0', transports: [new StreamableHttpTransport()] });

/** In the place of `McpHttpControllerFor(…)`. */
@Controller('mcp')
class McpController extends EieMcpControllerFor(mcp) {}

@Module({
  imports: [
    EieModule.forRoot({
      resource: EIE_RESOURCE,
      issuers: [
        {
          issuer: EIE_ISSUER,
          jwksUri: 'discovery',
          algorithms: ['RS256', 'ES256'],
          // A token whose subject is not its client acts for a user (RFC 9068).
          actorType: { user: { claim: 'sub', differsFrom: 'client_id' } },
        },
      ],
      audit: { directory: EIE_AUDIT_DIRECTORY },
    }),
  ],
  controllers: [McpController, OrderTools],
})
export class AppModule {}
