import { IsString, Matches } from 'class-validator';
import {
  Delegated,
  type DelegatedFetch,
  type ExecutionIdentityEnvelope,
  Identity,
  RequireScopes,
  type ToolContext,
} from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { answerOf } from './answer.js';

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
  const [user, id] = [identity.actor.sub, input.invoice_id].map(encodeURIComponent) as [string, string];
  return (await answerOf(await invoices(`/customers/${user}/invoices/${id}`), `invoice ${input.invoice_id}`)).text();
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
