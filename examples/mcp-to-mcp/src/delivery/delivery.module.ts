import { Module } from '@nestjs/common';
import { EieModule } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { issuer, required } from '../settings.js';
import { EstimateTools } from './estimate.tools.js';

@Module({
  imports: [
    EieModule.forRoot({
      resource: required('DELIVERY_RESOURCE'),
      issuers: [issuer],
      audit: { instance: 'delivery' },
    }),
    EieMcpModule.register({ path: 'mcp', name: 'delivery', version: '1.0.0' }),
  ],
  providers: [EstimateTools],
})
export class DeliveryModule {}
