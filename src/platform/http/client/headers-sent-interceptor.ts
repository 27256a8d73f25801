import { type Dispatcher } from "undici";

/** Options of a request whose headers are observed. */
export interface ObservedRequestOptions extends Dispatcher.RequestOptions {
  /** Called once the request's headers are handed to a connected socket; before that no byte of it was sent. */
  readonly onHeadersSent: () => void;
}

/**
 * Calls a request's `onHeadersSent` when undici hands its headers to the socket. undici calls `onRequestStart` in the same turn in which it writes
 * the head, after the connection and its TLS handshake are complete; a request that is aborted by then is not written.
 * The handler belongs to one request, so requests that share a pool cannot be confused.
 */
export const headersSentInterceptor: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const { onHeadersSent } = options as ObservedRequestOptions;
  const onRequestStart = handler.onRequestStart?.bind(handler);
  handler.onRequestStart = (controller, context) => {
    onRequestStart?.(controller, context);
    if (!controller.aborted) onHeadersSent();
  };
  return dispatch(options, handler);
};
