/** One thing by all the names that it has in code, tables and sentences. */
export interface Names {
  /** `credit-note` */
  readonly kebab: string;
  /** `creditNote` */
  readonly camel: string;
  /** `CreditNote` */
  readonly pascal: string;
  /** `credit_note` */
  readonly snake: string;
  /** `credit note` */
  readonly words: string;
}

/** @param kebab words of lower-case letters and digits, with hyphens between them */
export function namesOf(kebab: string): Names {
  const words = kebab.split('-');
  const pascal = words.map(capitalize).join('');
  return {
    kebab,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    pascal,
    snake: words.join('_'),
    words: words.join(' '),
  };
}

/** Words that SQL does not take for a name. */
const RESERVED = new Set(
  (
    'all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create default ' +
    'deferrable desc distinct do else end except false fetch for foreign from grant group having in initially intersect ' +
    'into lateral leading limit localtime localtimestamp not null offset on only or order placing primary references ' +
    'returning select some symmetric table then to trailing true union unique user using variadic when where window with'
  ).split(' '),
);

/** @throws Error when it can be no table, and no schema */
export function refuseReserved(name: string): void {
  if (RESERVED.has(name)) throw new Error(`"${name}" is a word of SQL; choose another one, of two words perhaps`);
}

/** What is made by `open-account`, is listed by `list-accounts`: an account. */
export function resourceOf(entry: string): string {
  const noun = entry.slice(entry.indexOf('-') + 1);
  return entry.startsWith('list-') ? singular(noun) : noun;
}

export function plural(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

function singular(noun: string): string {
  if (noun.endsWith('ies')) return `${noun.slice(0, -3)}y`;
  return /(?:s|x|z|ch|sh)es$/.test(noun) ? noun.slice(0, -2) : noun.replace(/s$/, '');
}

/** With its article: `an account`. */
export function oneOf(words: string): string {
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
}

export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
