/** A ciphertext was changed, moved from another row, or encrypted with another key. */
export class DecryptionFailed extends Error {
  override readonly name = "DecryptionFailed";

  constructor(
    readonly rowId: string,
    cause: unknown,
  ) {
    super("A stored value could not be decrypted", { cause });
  }
}

/** LEDGER_KEY is not 32 bytes in base64. The message never repeats it. */
export class InvalidEncryptionKey extends Error {
  override readonly name = "InvalidEncryptionKey";

  constructor() {
    super("LEDGER_KEY must be 32 bytes in base64");
  }
}
