const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text of others for a page, that can neither be markup nor turn the direction of what is around it; line ends stay. */
export const escaped = (text: string): string =>
  text
    .replace(/[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, found => (found === '\n' ? found : ' '))
    .replace(/[&<>"']/g, found => ENTITIES[found]!)
