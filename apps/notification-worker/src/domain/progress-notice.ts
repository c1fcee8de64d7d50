/** How far a long process is. */
export interface Progress {
  /** Null while it goes on. */
  readonly ending: 'finished' | 'cancelled' | null;
  readonly percentage: number;
}

/** What somebody is told of a long process that they have started. @param body its counts, in a sentence */
export function progressNotice(
  what: string,
  { ending, percentage }: Progress,
  body: string,
): { readonly subject: string; readonly body: string } {
  const how = { finished: 'is done', cancelled: `was cancelled at ${percentage} %` };
  return { subject: `Your ${what} ${ending === null ? `is at ${percentage} %` : how[ending]}`, body };
}
