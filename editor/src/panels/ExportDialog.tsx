import { useState } from "react";
import { projectUrl } from "../api/client";
import { set, useStudio } from "../state/store";
import { Dialog, Slider } from "../theme/controls";
import { Icon } from "../theme/Icon";

interface Format {
  suffix: string;
  name: string;
  what: string;
  /** Whether its files are smaller at a lower quality. */
  quality?: boolean;
}

/** What the photo keeps in a file of each kind: its profile and EXIF data in all of them. */
const FORMATS: readonly Format[] = [
  { suffix: "png", name: "PNG", what: "lossless, with metadata on how it was made" },
  { suffix: "jpg", name: "JPEG", what: "small, 8 bits", quality: true },
  { suffix: "webp", name: "WebP", what: "smaller, 8 bits", quality: true },
  { suffix: "tif", name: "TIFF", what: "lossless" },
  { suffix: "ora", name: "OpenRaster with layers", what: "for Krita, GIMP, MyPaint: photo, result, mask, drawing" },
  { suffix: "psd", name: "Photoshop with layers", what: "photo, result with its mask, drawing" },
];

const DEFAULT_QUALITY = 95;

interface RowProps {
  path: string;
  name: string;
  what: string;
  ready: boolean;
}

export function ExportDialog() {
  const project = useStudio((s) => s.project);
  const drawing = useStudio((s) => s.drawing);
  const [suffix, setSuffix] = useState("png");
  const [quality, setQuality] = useState(DEFAULT_QUALITY);
  if (!project || !drawing) return null;
  const format = FORMATS.find((one) => one.suffix === suffix) ?? FORMATS[0];
  const lossy = format.quality ? `&quality=${quality}` : "";
  const layers = drawing.layers.filter(({ type }) => type.download);
  const rendered = project.model !== null;
  const rows: RowProps[] = [
    {
      path: `result.${suffix}?size=full${lossy}`,
      name: "Result, full size",
      what: `${project.full_size.width} × ${project.full_size.height}; ${format.what}`,
      ready: rendered,
    },
    {
      path: `result.${suffix}?size=working${lossy}`,
      name: "Result, drawing size",
      what: `${project.size.width} × ${project.size.height}`,
      ready: rendered,
    },
    {
      path: "patch.png",
      name: "Changed part alone",
      what: "PNG of the result’s size, transparent where the photo is unchanged",
      ready: rendered,
    },
    { path: "primitive.png", name: "Drawing", what: "PNG, as shown", ready: true },
    // A single layer is the drawing itself.
    ...(layers.length > 1 ? layers : []).map(({ type: { download, title } }) => ({
      path: download!.file,
      name: title,
      what: download!.description,
      ready: true,
    })),
    {
      path: "origin.png",
      name: "Origin",
      what: "PNG; where in the photo the drawing comes from; beside the drawing, primage render uses it",
      ready: true,
    },
    {
      path: "model.safetensors",
      name: "Model",
      what: project.steps ? "renders any drawing with these labels" : "available after learning",
      ready: project.steps > 0,
    },
    { path: "project.zip", name: "Project", what: "everything; can be imported into another studio", ready: true },
  ];
  const stem = project.name.replace(/[^\w.-]+/g, "-") || "primage";
  return (
    <Dialog title="Export" onClose={() => set({ dialog: "none" })}>
      <div className="export-format">
        <label className="field grow">
          <span>Format of the result</span>
          <select value={suffix} onChange={(event) => setSuffix(event.target.value)}>
            {FORMATS.map((one) => (
              <option key={one.suffix} value={one.suffix}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
        {format.quality && <Slider label="Quality" value={quality} min={40} max={100} onChange={setQuality} />}
      </div>
      <ul className="exports">
        {rows.map((row) => (
          <li key={row.path.split("?")[0] + row.name}>
            <Row {...row} address={projectUrl(project.id, `/export/${row.path}`)} stem={stem} />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function Row({ path, name, what, ready, address, stem }: RowProps & { address: string; stem: string }) {
  const content = (
    <>
      <Icon name="export" />
      <span>
        <b>{name}</b>
        <small>{what}</small>
      </span>
    </>
  );
  return ready ? (
    <a className="export-row" href={address} download={`${stem}-${path.split("?")[0]}`}>
      {content}
    </a>
  ) : (
    <span className="export-row disabled">{content}</span>
  );
}
