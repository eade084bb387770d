import type { CSSProperties } from "react";
import { type OnCanvas, photoIn } from "../state/margins";
import { session } from "../state/session";

interface Props {
  drawing: OnCanvas;
  className: string;
  alt?: string;
  /** The photo's own pixels instead of those of the drawing's size. */
  full?: true;
  style?: CSSProperties;
}

/** The photo where it lies in a sheet of the drawing's size. */
export function PhotoImage({ drawing, className, alt = "", full, style }: Props) {
  const { x0, y0, x1, y1 } = photoIn(drawing);
  const place = { left: x0, top: y0, width: x1 - x0, height: y1 - y0 };
  const address = session()?.photoUrl(full && "full");
  return <img className={`sheet-layer ${className}`} alt={alt} src={address} style={{ ...place, ...style }} />;
}
