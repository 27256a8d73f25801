/** Upper estimate of the bytes of a text on the heap: one for each character, or two if one of them is not ASCII. */
export const estimateTextBytes = (text: string): number =>
  (Buffer.byteLength(text) === text.length ? 1 : 2) * text.length;
