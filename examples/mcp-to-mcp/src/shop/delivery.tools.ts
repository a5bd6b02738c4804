import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { UnprocessableEntityException } from '@nestjs/common';
import { IsString, Matches } from 'class-validator';
import { Delegated, type DelegatedFetch, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';

export class ParcelQuery {
  @IsString()
  @Matches(/^P-\d{1,8}$/, { message: 'parcel must look like P-1' })
  parcel: string;
}

@ToolController()
export class DeliveryTools {
  @Tool({ name: 'track_delivery', description: 'When a parcel of the caller arrives' })
  @RequireScopes('deliveries:read')
  async track(@ToolInput() { parcel }: ParcelQuery, @Delegated('delivery_server') delivery: DelegatedFetch) {
    // The fetch brings the credentials of this one call, so the client lives as long as the call, and is never shared.
    const client = new Client({ name: 'shop', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
    try {
      await client.connect(new StreamableHTTPClientTransport(new URL(delivery.baseUrl), { fetch: delivery }));
      const { content, isError } = await client.callTool({ name: 'estimate', arguments: { parcel } });
      const text = content.map(part => (part.type === 'text' ? part.text : '')).join('\n');
      if (isError) throw new UnprocessableEntityException(text);
      return text;
    } finally {
      await client.close();
    }
  }
}
