import { IsString, Matches } from 'class-validator';
import {
  Delegated,
  type DelegatedFetch,
  type ExecutionIdentityEnvelope,
  Identity,
  path,
  RequireScopes,
  type ToolContext,
} from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { failureOf } from './answer.js';

export class InvoiceQuery {
  @IsString()
  @Matches(/^R-\d{1,8}$/, { message: 'invoice_id must look like R-1' })
  invoice_id: string;
}

/** The work itself, without a framework. The legacy API wants the user in the path: it is taken from the identity. */
export async function invoice(
  { identity, input }: ToolContext<InvoiceQuery>,
  invoices: DelegatedFetch,
): Promise<string> {
  const response = await invoices(path`/customers/${identity.actor.sub}/invoices/${input.invoice_id}`);
  if (response.ok) return response.text();
  await response.body?.cancel();
  throw failureOf(response.status, `invoice ${input.invoice_id}`);
}

@ToolController()
export class InvoiceTools {
  @Tool({ name: 'download_invoice', description: 'The text of one of your invoices.' })
  @RequireScopes('invoices:read')
  download(
    @ToolInput() input: InvoiceQuery,
    @Identity() identity: ExecutionIdentityEnvelope,
    @Delegated('invoices_api') invoices: DelegatedFetch,
  ): Promise<string> {
    return invoice({ identity, input }, invoices);
  }
}
