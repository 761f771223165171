// CSV as RFC 4180 has it, for the server and the page.

// A program for tables takes a text that begins so for a formula: it gets an apostrophe before it, which such programs do not
// show. harmless: texts that are none all the same
export function csvText(text, harmless) {
  const safe = /^[=+\-@\t\r]/.test(text) && !harmless?.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
export const csvLine = (fields) => `${fields.join(',')}\r\n`;
