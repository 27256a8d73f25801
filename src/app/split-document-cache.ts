/** Divides the memory of documents, in bytes: three quarters for the cache, one for those of open subscriptions. */
export function splitDocumentCacheBytes(totalBytes: number) {
  const subscriptions = Math.floor(totalBytes / 4);
  return { cache: totalBytes - subscriptions, subscriptions };
}
