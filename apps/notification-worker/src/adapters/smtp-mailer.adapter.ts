import { createTransport } from 'nodemailer';

/** A mail to one person. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The receiving side tells a repeated delivery by it. */
  readonly messageId: string;
}

/** Sends mail. */
export interface Mailer {
  /** @throws Error without the address when the server did not take the mail */
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** Below the activity's own 20 s, so that a hanging server gives a reason and not a timeout. */
const SMTP_TIMEOUT_MS = 8_000;

/** A mailer over SMTP. Repetition is Temporal's: one call, one delivery attempt. */
export function createSmtpMailer({ url, from }: { readonly url: string; readonly from: string }): Mailer {
  const timeouts = {
    connectionTimeout: SMTP_TIMEOUT_MS,
    greetingTimeout: SMTP_TIMEOUT_MS,
    socketTimeout: SMTP_TIMEOUT_MS,
  };
  const transport = createTransport({ url, ...timeouts }, { from });
  return {
    async send(mail) {
      await transport.sendMail(mail).catch((error: Error & { code?: string; responseCode?: number }) => {
        // The library's own message quotes the address.
        throw new Error(`the mail server did not take the mail (${error.responseCode ?? error.code ?? error.name})`);
      });
    },
    close: () => transport.close(),
  };
}
