import { Email, isEmail } from '@adx/user-contract';
import fc from 'fast-check';

const both = (text: string) => expect([text, isEmail(text)]).toEqual([text, Email.safeParse(text).success]);

test('the quick rule says what the schema says', () => {
  fc.assert(fc.property(fc.emailAddress(), both));
  fc.assert(fc.property(fc.string({ unit: 'binary' }), both));
  fc.assert(fc.property(fc.stringMatching(/^[a-z.+]{0,9}@[a-z.-]{0,9}$/), both));
  for (const length of [253, 254, 255]) both(`${'a'.repeat(length - 12)}@acme.example`);
  both('a\u0000b@acme.example');
});
