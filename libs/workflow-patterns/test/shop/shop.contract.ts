import { defineActivity, defineContract, defineWorkflow } from '@adx/contract-kit';
import { z } from 'zod';

const Item = z.strictObject({ item: z.string() });
const bounds = { attempt: '10s', attempts: 3 } as const;
const access = 'provisioning';

const reserve = defineActivity({ kind: 'compensatable', access, input: Item, output: Item, bounds });
const pack = defineActivity({ kind: 'compensatable', access, input: Item, output: Item, bounds });
const ship = defineActivity({
  kind: 'pivot',
  because: 'the parcel is on the lorry',
  access,
  input: Item,
  output: z.strictObject({ parcel: z.string() }),
  bounds,
});
const thank = defineActivity({ kind: 'retriable', access, input: Item, output: Item, bounds });

const look = defineActivity({ kind: 'readonly', access, input: Item, output: Item, bounds });

const Mode = z.strictObject({ mode: z.string() });
const Parcel = z.strictObject({ parcel: z.string() });
const sagaOf = () => defineWorkflow({ pattern: 'saga', input: Mode, output: Parcel, identity: 'request' });
/** Told by somebody outside; the shop's checks of it are scripted like its activities. */
const Paid = z.strictObject({ amount: z.int() });
const label = defineActivity({
  kind: 'pivot',
  because: 'the label is on the parcel',
  access,
  input: Mode,
  output: Parcel,
  errors: { OutOfLabels: z.strictObject({ until: z.string() }) },
  bounds,
});

const standardOf = () =>
  defineWorkflow({ pattern: 'standard', input: label.input, output: label.output, identity: 'request' });

/** Runs the processes of these tests; its steps are own-queue steps. */
export const shopContract = defineContract({
  service: 'shop',
  taskQueue: 'shop',
  activities: { reserve, pack, ship, thank, label, look },
  workflows: {
    buy: defineWorkflow({ pattern: 'saga', input: Mode, output: Parcel, identity: 'request', signals: { paid: Paid } }),
    exportedByAnotherName: sagaOf(),
    wrap: standardOf(),
    wrapByAnotherName: standardOf(),
  },
});

const takeBack = defineWorkflow({
  pattern: 'saga',
  input: z.strictObject({ input: Mode, output: Parcel }),
  output: Parcel,
  identity: 'request',
});

/** Sagas that are steps of those of the shop. */
export const depotContract = defineContract({
  service: 'depot',
  taskQueue: 'shop',
  activities: {
    collect: defineActivity({ kind: 'compensatable', access, input: Item, output: Item, bounds }),
    putBack: defineActivity({ kind: 'compensatable', access, input: Item, output: Item, bounds }),
  },
  workflows: {
    deliver: defineWorkflow({ pattern: 'saga', input: Mode, output: Parcel, identity: 'request', undoneBy: takeBack }),
    takeBack,
    advertise: sagaOf(),
  },
});

/** Another service: its steps are remote ones. */
export const bankContract = defineContract({
  service: 'bank',
  taskQueue: 'bank',
  activities: {
    charge: defineActivity({
      kind: 'compensatable',
      access,
      input: Item,
      output: Item,
      errors: { CardRefused: z.strictObject({ card: z.string() }) },
      bounds,
    }),
    inspect: defineActivity({
      kind: 'compensatable',
      access,
      input: Item,
      output: Item,
      bounds: { attempt: '1h', attempts: 3, heartbeat: '30s' },
    }),
  },
});
