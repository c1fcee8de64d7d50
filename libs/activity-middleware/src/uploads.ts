import type { Readable } from 'node:stream';
import { failure } from '@adx/contract-kit';
import type { Bound, Contract, In, Json, Out, Principal, UploadDefinition } from '@adx/contract-kit';
import type { PrincipalVerifier } from '@adx/principal';
import { matchHandlers } from './match-handlers.ts';
import type { StepLedger } from './step-ledger.ts';

type UploadsOf<C> = C extends { readonly uploads: infer U } ? U : never;

/** Takes a body in for the tenant of the principal, and for no other. */
export type UploadHandler<U extends UploadDefinition, Tx> = (context: {
  readonly input: In<U>;
  /** One of the contract's, without parameters. */
  readonly mediaType: string;
  /** To be read as it comes: a body may be larger than the memory. Ends in an error when the sender is gone. */
  readonly body: Readable;
  readonly principal: Principal;
  readonly tenantId: string;
  /** One tenant transaction; there may be many in an upload, each checks access and must end within seconds. */
  readonly transact: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
}) => Promise<Out<U>>;

/** One handler for each upload of the contract. */
export type UploadHandlers<C, Tx> = {
  readonly [N in keyof UploadsOf<C>]: UploadsOf<C>[N] extends UploadDefinition
    ? UploadHandler<UploadsOf<C>[N], Tx>
    : never;
};

/** A body on its way in, and what came with it. */
export interface UploadRequest {
  readonly input: unknown;
  /** The caller's principal (JWS). */
  readonly principal: unknown;
  readonly mediaType: string | undefined;
  readonly body: Readable;
}

/** Uploads by name. */
export type Uploads = Readonly<Record<string, (request: UploadRequest) => Promise<Json>>>;

/** The contract's uploads with their handlers, still without a database. */
export interface UploadImplementation<Tx> {
  bind(dependencies: { readonly verifier: PrincipalVerifier; readonly ledger: StepLedger<Tx> }): Uploads;
}

/**
 * Binds code to the uploads of a contract.
 *
 * @throws TypeError naming every upload without a handler, and every handler of no upload
 */
export function implementUploads<C extends Contract, Tx>(
  contract: C,
  handlers: UploadHandlers<C, Tx>,
): UploadImplementation<Tx> {
  matchHandlers('uploads', contract.service, contract.uploads, handlers);
  return {
    bind: ({ verifier, ledger }) => {
      const take = async (upload: UploadDefinition & Bound, request: UploadRequest): Promise<Json> => {
        const principal = await verifier.verify(request.principal);
        const where = `${upload.service}.${upload.name}`;
        const mediaType = request.mediaType?.split(';')[0]?.trim().toLowerCase() ?? '';
        if (!upload.mediaTypes.includes(mediaType)) {
          throw failure('InvalidInput', `${where} takes ${upload.mediaTypes.join(' or ')}`);
        }
        const input = upload.input.safeParse(request.input);
        if (!input.success) {
          const paths = input.error.issues.map(({ path, code }) => `${path.join('.') || 'input'} (${code})`);
          throw failure('InvalidInput', `${where}: ${paths.join(', ')}`);
        }
        const { service, name: activity, roles } = upload;
        const access = { principal, service, activity, access: 'member', roles } as const;
        const handler = (handlers as unknown as Record<string, UploadHandler<UploadDefinition, Tx>>)[upload.name]!;
        const output = await handler({
          input: input.data,
          mediaType,
          body: request.body,
          principal,
          tenantId: principal.tenantId,
          transact: (work) => ledger.look(access, work),
        });
        return upload.output.parse(output);
      };
      return Object.fromEntries(
        Object.values(contract.uploads).map((upload) => [upload.name, (request) => take(upload, request)] as const),
      ) as Uploads;
    },
  };
}
