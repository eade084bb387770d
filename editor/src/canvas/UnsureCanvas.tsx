import { useEffect, useRef } from "react";
import { fetchImage, projectUrl, Refusal } from "../api/client";
import type { Picture } from "../state/picture";
import { say, set, useStudio } from "../state/store";

/** Pixels of the drawing to one of the map, as in `API.md`. */
const CELL = 4;

interface Props {
  picture: Picture;
  /** Where the picture begins, as a share of the width. */
  from: number;
}

/** Over the picture, if wished: orange where the painter trusts its copies less than before the edit. */
export function UnsureCanvas(props: Props) {
  const wanted = useStudio((s) => s.unsure);
  const id = useStudio((s) => (s.renderedSteps === null ? undefined : s.project?.id));
  return wanted && id ? <UnsureMap {...props} id={id} /> : null;
}

function UnsureMap({ picture, from, id }: Props & { id: string }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const renders = useStudio((s) => s.renders);
  useEffect(() => {
    const asked = new AbortController();
    const put = (map: ImageBitmap | null) => {
      const context = ref.current?.getContext("2d");
      context?.clearRect(0, 0, picture.width, picture.height);
      if (map) context?.drawImage(map, 0, 0, CELL * map.width, CELL * map.height);
    };
    fetchImage(projectUrl(id, `/uncertainty?render=${renders}`), asked.signal).then(
      (map) => asked.signal.aborted || put(map),
      (error: Error) => {
        if (asked.signal.aborted) return;
        put(null);
        if (error instanceof Refusal && error.code === "no_model") return; // a picture comes, and with it a map
        say(error.message, "problem");
        set({ unsure: false });
      },
    );
    return () => asked.abort();
  }, [picture, id, renders]);
  return (
    <canvas
      ref={ref}
      className="sheet-layer smooth"
      data-layer="unsure"
      role="img"
      aria-label="Where the painter is unsure"
      width={picture.width}
      height={picture.height}
      style={{ clipPath: from > 0 ? `inset(0 0 0 ${100 * from}%)` : "none" }}
    />
  );
}
