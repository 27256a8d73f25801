import { connect } from "node:net";

/** Sends bytes as they are; resolves with what the server sends until it closes the connection. */
export function sendBytes(url: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.on("data", (chunk) => (received += chunk.toString())).on("error", reject);
    socket.on("close", () => {
      resolve(received);
    });
    socket.write(bytes);
  });
}
