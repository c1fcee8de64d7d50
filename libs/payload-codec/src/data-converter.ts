import { fileURLToPath } from 'node:url';
import type { DataConverter, PayloadCodec } from '@temporalio/common';

/** What a Temporal client or worker is made with: the codec, and failures whose messages go through it. */
export function encryptingDataConverter(codec: PayloadCodec): DataConverter {
  return {
    payloadCodecs: [codec],
    // Beside this module in the sources, and beside the one file of a built app.
    failureConverterPath: fileURLToPath(new URL('./failure-converter.cjs', import.meta.url)),
  };
}
