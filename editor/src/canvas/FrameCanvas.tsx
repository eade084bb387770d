import { useEffect, useRef } from "react";
import type { Picture } from "../state/picture";
import { useStudio } from "../state/store";

interface Props {
  picture: Picture;
  /** Where the picture begins, as a fraction of the width. */
  from: number;
}

/** The frame of the timeline that is shown instead of the result. */
export function FrameCanvas({ picture, from }: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  const frame = useStudio((s) => s.frame);
  const shown = !!frame?.image;
  useEffect(() => {
    if (frame?.image) ref.current?.getContext("2d")?.drawImage(frame.image, 0, 0, picture.width, picture.height);
  }, [frame, picture]);
  if (!shown) return null;
  return (
    <canvas
      ref={ref}
      className="sheet-layer smooth"
      data-layer="frame"
      data-frame={frame?.number}
      width={picture.width}
      height={picture.height}
      style={{ clipPath: from > 0 ? `inset(0 0 0 ${100 * from}%)` : "none" }}
    />
  );
}
