import { randomUUID } from 'node:crypto';
import { publicUrlFault } from '@adx/external-calls';
import { DirectoryId } from '@adx/user-contract';
import { userActivities } from './user-activities.ts';

export const addDirectory = userActivities.activity('addDirectory', {
  run: async ({ input, tenantId, tx, fail, directories }) => {
    const reason = publicUrlFault(input.url, directories.localHosts);
    if (reason) throw fail.DirectoryRefused({ reason });
    const directoryId = DirectoryId.parse(randomUUID());
    const { count } = await tx.directory.createMany({
      data: [{ tenantId, directoryId, url: new URL(input.url).href, secretName: input.secretName }],
      skipDuplicates: true,
    });
    if (count === 0) throw fail.DirectoryRefused({ reason: 'it is registered already' });
    return { directoryId };
  },
});
