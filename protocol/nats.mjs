// A NATS client in one small file, on node:net and nothing else: connect, publish, subscribe, request.
//
// Enough to be an instance of CentralCloud, and short enough to be written again in any language. It does not reconnect
// and knows no TLS; a product would use the official client.

import { EventEmitter } from "node:events";
import net from "node:net";
import { randomBytes } from "node:crypto";

const CRLF = "\r\n";

export class Nats extends EventEmitter {
  #socket;
  #buffer = Buffer.alloc(0);
  #subscriptions = new Map();
  #pongs = [];
  #nextId = 1;

  static connect(url) {
    const { hostname, port } = new URL(url);
    const client = new Nats();
    return new Promise((resolve, reject) => {
      client.#socket = net.connect(Number(port || 4222), hostname);
      client.#socket.once("error", reject);
      client.#socket.on("data", (data) => client.#read(data));
      client.#socket.once("data", () => {
        const options = { verbose: false, pedantic: false, headers: true, no_responders: true, lang: "node", version: "1" };
        client.#write(`CONNECT ${JSON.stringify(options)}`);
        client.flush().then(() => resolve(client), reject);
      });
    });
  }

  publish(subject, body, { headers = {}, reply = "" } = {}) {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}${CRLF}`);
    const head = lines.length ? Buffer.from(`NATS/1.0${CRLF}${lines.join("")}${CRLF}`) : Buffer.alloc(0);
    const sizes = head.length ? `${head.length} ${head.length + body.length}` : `${body.length}`;
    this.#write(`${head.length ? "HPUB" : "PUB"} ${subject} ${reply ? reply + " " : ""}${sizes}`, head, body, CRLF);
  }

  subscribe(subject, receive) {
    const id = String(this.#nextId++);
    this.#subscriptions.set(id, receive);
    this.#write(`SUB ${subject} ${id}`);
    return () => {
      this.#subscriptions.delete(id);
      this.#write(`UNSUB ${id}`);
    };
  }

  request(subject, body, { headers, timeout }) {
    return new Promise((resolve, reject) => {
      const reply = newInbox();
      const end = (settle, value) => (clearTimeout(timer), stop(), settle(value));
      const stop = this.subscribe(reply, (message) =>
        message.status === "503" ? end(reject, new Error("no responders")) : end(resolve, message));
      const timer = setTimeout(() => end(reject, new Error("timed out")), timeout);
      this.publish(subject, body, { headers, reply });
    });
  }

  flush() {
    return new Promise((resolve) => (this.#pongs.push(resolve), this.#write("PING")));
  }

  close() {
    this.#socket.end();
  }

  #write(line, ...parts) {
    this.#socket.write(Buffer.concat([line + CRLF, ...parts].map((part) => Buffer.from(part))));
  }

  #read(data) {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    for (let end; (end = this.#buffer.indexOf(CRLF)) >= 0; ) {
      const [verb, ...words] = this.#buffer.toString("utf8", 0, end).split(" ");
      const size = verb === "MSG" || verb === "HMSG" ? Number(words.at(-1)) + CRLF.length : 0;
      const next = end + CRLF.length + size;
      if (this.#buffer.length < next) return;
      const content = this.#buffer.subarray(end + CRLF.length, next - (size && CRLF.length));
      this.#buffer = this.#buffer.subarray(next);
      this.#handle(verb, words, content);
    }
  }

  #handle(verb, words, content) {
    if (verb === "PING") this.#write("PONG");
    else if (verb === "PONG") this.#pongs.shift()?.();
    else if (verb === "-ERR") this.emit("refusal", words.join(" "));
    else if (verb === "MSG") this.#subscriptions.get(words[1])?.({ subject: words[0], headers: {}, data: content });
    else if (verb === "HMSG") {
      const split = Number(words.at(-2));
      const [status, ...lines] = content.toString("utf8", 0, split).trimEnd().split(CRLF);
      const headers = Object.fromEntries(lines.map((line) => line.split(/:\s*(.*)/s).slice(0, 2)));
      const message = { subject: words[0], status: status.split(" ")[1], headers, data: content.subarray(split) };
      this.#subscriptions.get(words[1])?.(message);
    }
  }
}

export function newInbox() {
  return `_INBOX.${randomBytes(12).toString("hex")}`;
}
