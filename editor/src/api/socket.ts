import { type Frame, readFrame } from "./frames";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type TextMessage =
  | Schemas["Accepted"]
  | Schemas["Refused"]
  | Schemas["State"]
  | Schemas["LearningChanged"]
  | Schemas["AnimationChanged"]
  | Schemas["Replaced"]
  | Schemas["Failure"]
  | Schemas["OriginFound"];
export type BinaryHeader = Schemas["Changed"] | Schemas["Render"];

interface Handlers {
  text(message: TextMessage): void;
  binary(frame: Frame<BinaryHeader>): void;
  online(online: boolean): void;
  gone(): void;
  /** The server has not answered for some time. */
  lost(): void;
  /** The server was restarted and does not accept this browser's cookie. */
  expired(): void;
}

const NOT_FOUND = 4404;
const EXPIRED = 4401;
/** Failed attempts before the user is told. */
const PATIENCE = 4;

/** A project's socket. It reconnects automatically, more slowly each time. */
export class ProjectSocket {
  private socket: WebSocket | null = null;
  private closed = false;
  /** Whether the server has sent anything. Until then it may still refuse the socket, and whatever is sent is lost. */
  private greeted = false;
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly url: string;
  private readonly handlers: Handlers;

  constructor(path: string, handlers: Handlers) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.url = `${scheme}://${location.host}${path}`;
    this.handlers = handlers;
    this.connect();
  }

  get open(): boolean {
    return this.greeted && this.socket?.readyState === WebSocket.OPEN;
  }

  send(message: ArrayBuffer | object): boolean {
    if (!this.open) return false;
    this.socket!.send(message instanceof ArrayBuffer ? message : JSON.stringify(message));
    return true;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  private connect(): void {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (this.closed) return;
      if (!this.greeted) {
        this.greeted = true;
        this.attempts = 0;
        this.handlers.online(true);
      }
      if (typeof data === "string") this.handlers.text(JSON.parse(data) as TextMessage);
      else this.handlers.binary(readFrame<BinaryHeader>(data as ArrayBuffer));
    };
    socket.onclose = ({ code }) => {
      if (this.closed) return;
      this.greeted = false;
      this.handlers.online(false);
      if (code === NOT_FOUND) {
        this.handlers.gone();
        return;
      }
      // Keep trying even now: opening the new link gives the whole browser a new cookie.
      if (code === EXPIRED) this.handlers.expired();
      else if (this.attempts === PATIENCE) this.handlers.lost();
      this.timer = setTimeout(() => this.connect(), Math.min(5000, 200 * 2 ** this.attempts++));
    };
  }
}
