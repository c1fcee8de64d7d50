import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A mail as it arrived. */
export interface ReceivedMail {
  readonly messageId: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly receivedAt: string;
  /** How often it was delivered; a mailbox shows repeated deliveries of one Message-ID once. */
  readonly deliveries: number;
}

/** A real SMTP server on loopback that keeps what it gets. */
export interface Inbox {
  readonly smtpUrl: string;
  /** `GET /` for people, `GET /messages` (newest first) and `DELETE /messages` for programs. */
  readonly httpUrl: string;
  messages(): readonly ReceivedMail[];
  stop(): Promise<void>;
}

/**
 * Starts the inbox.
 *
 * @param options.file keeps the mails over a restart
 */
export async function startInbox(
  options: { readonly smtpPort?: number; readonly httpPort?: number; readonly file?: string } = {},
): Promise<Inbox> {
  const { file } = options;
  const mails = new Map<string, ReceivedMail>();
  if (file) {
    const saved = await readFile(file, 'utf8').catch(() => '[]');
    for (const mail of JSON.parse(saved) as ReceivedMail[]) mails.set(mail.messageId, mail);
  }
  // One write at a time, and the answer to the sender only after it: an accepted mail is a kept mail.
  let saving: Promise<void> = Promise.resolve();
  const save = () => {
    const saved = saving.then(() => (file === undefined ? undefined : keep(file, [...mails.values()])));
    // The sender of this mail hears that it could not be kept; the next mail has its own chance.
    saving = saved.catch(() => undefined);
    return saved;
  };

  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, session, done) {
      simpleParser(stream)
        .then(async (parsed) => {
          const messageId = parsed.messageId ?? session.id;
          const known = mails.get(messageId);
          mails.set(messageId, {
            messageId,
            to: session.envelope.rcptTo.map(({ address }) => address).join(', '),
            subject: parsed.subject ?? '',
            text: parsed.text ?? '',
            receivedAt: known?.receivedAt ?? new Date().toISOString(),
            deliveries: (known?.deliveries ?? 0) + 1,
          });
          await save();
        })
        .then(
          () => done(),
          (error: Error) => done(error),
        );
    },
  });
  // Clients that hang up in the middle are their own problem.
  smtp.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    smtp.server.once('error', reject);
    smtp.listen(options.smtpPort ?? 0, '127.0.0.1', resolve);
  });

  const http = createServer((request, response) => {
    const all = [...mails.values()].reverse();
    if (request.url === '/messages' && request.method === 'DELETE') {
      mails.clear();
      save().then(
        () => response.writeHead(204).end(),
        (error: Error) => response.writeHead(500).end(error.message),
      );
    } else if (request.url === '/messages') {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(all));
    } else if (request.url === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(page(all));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.httpPort ?? 0, '127.0.0.1', resolve);
  });
  return {
    smtpUrl: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
    httpUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    messages: () => [...mails.values()],
    async stop() {
      http.closeAllConnections();
      await Promise.all([
        new Promise<void>((resolve) => smtp.close(resolve)),
        new Promise<void>((resolve) => http.close(() => resolve())),
      ]);
      await saving;
    },
  };
}

/** Renamed into place: one that is killed while it writes still has the mails it had. */
async function keep(file: string, mails: readonly ReceivedMail[]): Promise<void> {
  await writeFile(`${file}.draft`, JSON.stringify(mails, null, 1), { mode: 0o600 });
  await rename(`${file}.draft`, file);
}

function page(mails: readonly ReceivedMail[]): string {
  const rows = mails.map(
    ({ to, subject, text, receivedAt }) =>
      `<article><h2>${escape(subject)}</h2><p>to ${escape(to)}, ${escape(receivedAt)}</p><pre>${escape(text)}</pre></article>`,
  );
  return `<!doctype html><title>Inbox</title><h1>Inbox: ${mails.length}</h1>${rows.join('')}`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
