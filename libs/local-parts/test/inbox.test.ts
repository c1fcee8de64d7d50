import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInbox } from '@adx/local-parts';
import type { Inbox, ReceivedMail } from '@adx/local-parts';
import { createTransport } from 'nodemailer';

let folder: string;
let inbox: Inbox | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adx-inbox-'));
});
afterEach(async () => {
  await inbox?.stop();
  inbox = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function send({ smtpUrl }: Inbox, mail: { to: string; subject: string; text?: string; messageId?: string }) {
  const transport = createTransport(smtpUrl);
  try {
    await transport.sendMail({ from: 'shop@shop.example', text: 'Hello.', ...mail });
  } finally {
    transport.close();
  }
}

const messagesOf = async ({ httpUrl }: Inbox) => (await (await fetch(`${httpUrl}/messages`)).json()) as ReceivedMail[];

describe('the inbox', () => {
  test('keeps a mail as it arrived', async () => {
    inbox = await startInbox();
    await send(inbox, { to: 'ada@acme.example', subject: 'Grüße', text: 'Hello Ada.', messageId: '<1@shop>' });
    expect(inbox.messages()).toEqual([
      {
        messageId: '<1@shop>',
        to: 'ada@acme.example',
        subject: 'Grüße',
        text: expect.stringMatching(/^Hello Ada\.\s*$/),
        receivedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        deliveries: 1,
      },
    ]);
  });

  test('shows repeated deliveries of one Message-ID once, and counts them', async () => {
    inbox = await startInbox();
    const welcome = { to: 'ada@acme.example', subject: 'Welcome', messageId: '<1@shop>' };
    for (let times = 0; times < 3; times += 1) await send(inbox, welcome);
    await send(inbox, { ...welcome, messageId: '<2@shop>' });
    expect(inbox.messages().map(({ messageId, deliveries }) => [messageId, deliveries])).toEqual([
      ['<1@shop>', 3],
      ['<2@shop>', 1],
    ]);
  });

  test('keeps mails and their counts over a restart, in a file for its owner alone', async () => {
    const file = join(folder, 'mails.json');
    const welcome = { to: 'ada@acme.example', subject: 'Welcome', messageId: '<1@shop>' };
    inbox = await startInbox({ file });
    await send(inbox, welcome);
    const before = inbox.messages();
    // Not stopped first: an accepted mail is on disk already.
    const second = await startInbox({ file });
    await inbox.stop();
    inbox = second;
    expect(inbox.messages()).toEqual(before);
    await send(inbox, welcome);
    expect(inbox.messages()).toEqual([{ ...before[0], deliveries: 2 }]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('forgets mails without a file', async () => {
    inbox = await startInbox();
    await send(inbox, { to: 'ada@acme.example', subject: 'Welcome' });
    await inbox.stop();
    inbox = await startInbox();
    expect(inbox.messages()).toEqual([]);
  });

  test('takes many at once and loses none', async () => {
    const file = join(folder, 'mails.json');
    const target = (inbox = await startInbox({ file }));
    const subjects = Array.from({ length: 20 }, (_, index) => `mail ${index}`);
    await Promise.all(subjects.map((subject) => send(target, { to: 'ada@acme.example', subject })));
    await inbox.stop();
    inbox = await startInbox({ file });
    expect(
      inbox
        .messages()
        .map(({ subject }) => subject)
        .toSorted(),
    ).toEqual(subjects.toSorted());
  });
});

describe('the inbox over HTTP', () => {
  test('lists mails for programs, newest first', async () => {
    inbox = await startInbox();
    await send(inbox, { to: 'ada@acme.example', subject: 'first' });
    await send(inbox, { to: 'ada@acme.example', subject: 'second' });
    expect((await messagesOf(inbox)).map(({ subject }) => subject)).toEqual(['second', 'first']);
  });

  test('shows mails to people as text, whatever they contain', async () => {
    inbox = await startInbox();
    await send(inbox, { to: 'ada@acme.example', subject: '<script>alert("1")</script>', text: '<b>&' });
    const html = await (await fetch(inbox.httpUrl)).text();
    expect(html).toContain('&#60;script&#62;alert(&#34;1&#34;)');
    expect(html).not.toMatch(/<script>|<b>/);
  });

  test('has no other page', async () => {
    inbox = await startInbox();
    expect((await fetch(`${inbox.httpUrl}/etc/passwd`)).status).toBe(404);
  });
});
