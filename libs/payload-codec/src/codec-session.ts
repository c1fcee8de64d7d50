import type { IncomingHttpHeaders } from 'node:http';

/** The UI of a local server has no sign-in whose token it could pass on, but it sends cookies when it is told to. */
export const SIGN_IN_PAGE = `<!doctype html><meta charset="utf-8"><title>Codec server</title>
<p>Paste the token of an operator. Then, in the Temporal UI: the glasses at the top right, "Use my browser setting and
ignore Cluster-level setting", the address of this page as the endpoint, "Include cross-origin credentials", Apply.</p>
<form method="post" action="/sign-in"><input name="token" type="password" autocomplete="off" size="60">
<button>Sign in</button></form>`;

/** The caller's token, from the header that the CLI sends or from the cookie of the sign-in page. */
export function tokenOf({ authorization, cookie }: IncomingHttpHeaders): string | undefined {
  if (authorization !== undefined) return /^Bearer (\S+)$/i.exec(authorization)?.[1];
  return /(?:^|;\s*)adx_codec=([^;\s]+)/.exec(cookie ?? '')?.[1];
}

/** Nothing but the letters of a token gets into the cookie's header. */
export function tokenOfForm(form: string): string | undefined {
  return /^[A-Za-z0-9._-]+$/.exec(new URLSearchParams(form).get('token')?.trim() ?? '')?.[0];
}
