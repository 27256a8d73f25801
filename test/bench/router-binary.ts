import { closeSync, openSync, readSync, statSync } from "node:fs";

const MAGIC = "\x7fELF";
const HEADER_BYTES = 64;
const OFFSET_AT = 0x18; // of a section's content, in its header

/** The names of the sections of a 64-bit little-endian ELF file; undefined for another file. */
function readSectionNames(file: string): string[] | undefined {
  const descriptor = openSync(file, "r");
  const read = (position: number, length: number) => {
    const buffer = Buffer.alloc(length);
    readSync(descriptor, buffer, 0, length, position);
    return buffer;
  };
  try {
    const header = read(0, HEADER_BYTES);
    if (header.toString("latin1", 0, 4) !== MAGIC || header[4] !== 2 || header[5] !== 1) return undefined;
    const [sectionsAt, size] = [Number(header.readBigUInt64LE(0x28)), header.readUInt16LE(0x3a)];
    const namesIndex = header.readUInt16LE(0x3e);
    const namesHeader = read(sectionsAt + namesIndex * size, size);
    const [at, length] = [OFFSET_AT, OFFSET_AT + 8].map((offset) => Number(namesHeader.readBigUInt64LE(offset)));
    return read(at ?? 0, length ?? 0)
      .toString("latin1")
      .split("\0");
  } finally {
    closeSync(descriptor);
  }
}

/** What a program's file shows of how it was built: its size, symbols and debug information. Its optimization level is not among it. */
export function describeBinary(file: string): string {
  const megabytes = `${(statSync(file).size / 1e6).toFixed(0)} MB`;
  const names = readSectionNames(file);
  if (!names) return megabytes;
  const symbols = names.includes(".symtab") ? "not stripped" : "stripped";
  return [megabytes, symbols, ...(names.includes(".debug_info") ? ["with debug information"] : [])].join(", ");
}
