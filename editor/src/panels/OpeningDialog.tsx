import { type ReactNode, useEffect, useRef, useState } from "react";
import { Refusal } from "../api/client";
import { colourTable, labelPixels } from "../raster/compose";
import { hex, type Rgb } from "../raster/palette";
import { createPlane } from "../raster/plane";
import type { Drawing } from "../state/drawing";
import {
  apply,
  closeOpening,
  DOUBTFUL,
  hasParts,
  labelsOf,
  layersInWords,
  NEAREST,
  type Opening,
  openAsProject,
  openFiles,
  othersInWords,
  type Part,
  type Read,
  SLIGHT,
} from "../state/opening";
import { get, useStudio } from "../state/store";
import { Choice, Dialog } from "../theme/controls";
import { pastePicture } from "../tools/actions";

/** Colours of the pixels that do not have their label's colour, by value. The others are greyed. */
const MARKS: readonly Rgb[] = [
  [0, 0, 0],
  [255, 0, 220],
  [255, 210, 0],
];
const GREY = "rgb(110 110 110 / 0.75)";
const PARTS: readonly { value: Part; label: string }[] = [
  { value: "drawing", label: "Labels and lines" },
  { value: "segments", label: "Labels alone" },
  { value: "edges", label: "Lines alone" },
];

/** What a file was read as, before it is applied; or why it was not read. */
export function OpeningDialog() {
  const opening = useStudio((s) => s.opening);
  if (!opening) return null;
  return opening.answer instanceof Refusal ? (
    <Refused opening={opening} refusal={opening.answer} />
  ) : (
    <Preview opening={opening} read={opening.answer} />
  );
}

function Preview({ opening, read }: { opening: Opening; read: Read }) {
  const { header } = read;
  const [shown, setShown] = useState<"marks" | "read" | "now">("marks");
  const current = opening.training ? null : get().drawing;
  const marked = header.nearest > 0;
  const views = [
    ...(marked ? [{ value: "marks" as const, label: "Marked" }] : []),
    { value: "read" as const, label: "As read" },
    ...(current ? [{ value: "now" as const, label: "Current drawing" }] : []),
  ];
  const view = views.some(({ value }) => value === shown) ? shown : views[0].value;
  const others = othersInWords(header);
  const layers = layersInWords(header.replaced);
  return (
    <Dialog
      title={header.unsure ? `Is “${header.name}” a drawing of this photo?` : `Open “${header.name}”`}
      onClose={closeOpening}
      wide
    >
      <div className="opening">
        <div className="opening-picture">
          <Sheet read={read} drawing={view === "now" && current ? current : read.drawing} marks={view === "marks"} />
          {views.length > 1 && <Choice label="What is shown" value={view} choices={views} onChange={setShown} />}
          {marked && (
            <ul className="opening-legend" aria-label="Marks">
              {header.nearest > header.doubtful && <Mark value={NEAREST}>given the nearest label</Mark>}
              {header.doubtful > 0 && <Mark value={DOUBTFUL}>in doubt: a colour of no label</Mark>}
              {read.snapped.includes(SLIGHT) && <li>not marked: off by a few levels, as JPEG makes them</li>}
            </ul>
          )}
        </div>
        <div className="opening-words">
          {header.unsure && <p>It looks more like another photo than like an edited copy of this drawing.</p>}
          <p>
            {opening.training
              ? `Its ${layers} are used instead of extracted ones.`
              : others
                ? `It holds ${layers} alone: these are replaced, the ${others} stay as they are.`
                : "It replaces the drawing."}{" "}
            {!opening.training && changes(header)}
          </p>
          <Parts opening={opening} value={partOf(header.replaced)} />
          {header.said.length > 0 && (
            <section aria-label="Notes of the reader">
              <h3>Noted while reading</h3>
              <ul className="opening-said">
                {header.said.map((sentence) => (
                  <li key={sentence}>{inWords(sentence, header.name)}</li>
                ))}
              </ul>
            </section>
          )}
        </div>
      </div>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={closeOpening}>
          Cancel
        </button>
        {header.unsure && !opening.training && <AsPart opening={opening} />}
        {header.unsure && (
          <button type="button" className="button primary" onClick={() => void openAsProject(opening)}>
            New project of this photo
          </button>
        )}
        <button
          type="button"
          className={header.unsure ? "button" : "button primary"}
          onClick={() => void apply(opening)}
        >
          {header.unsure ? "Use it as the drawing" : opening.training ? "Use it" : "Apply"}
        </button>
      </div>
    </Dialog>
  );
}

function Refused({ opening, refusal }: { opening: Opening; refusal: Refusal }) {
  const { files, part } = opening;
  const title = files.length === 1 ? `“${files[0].name}”` : `${files.length} files`;
  const photo = refusal.code === "photo";
  const project = refusal.code === "project";
  return (
    <Dialog title={photo ? `${title} looks like a photo` : `${title} was not opened`} onClose={closeOpening}>
      <p role="alert">{inWords(refusal.message, files[0].name)}</p>
      {!photo && !project && <Parts opening={opening} value={part === "auto" ? null : part} />}
      <div className="dialog-actions">
        <button type="button" className="button" onClick={closeOpening}>
          Cancel
        </button>
        {photo && !opening.training && (
          <button type="button" className="button" onClick={() => void openFiles(files, part, true)}>
            Read it as a drawing
          </button>
        )}
        {!opening.training && (photo || (refusal.code === "invalid" && mayBePhoto(opening))) && (
          <AsPart opening={opening} />
        )}
        {refusal.code === "doubt" && (
          <button type="button" className="button primary" onClick={() => void openFiles(files, part, true)}>
            Use the nearest labels
          </button>
        )}
        {refusal.code === "invalid" && mayBePhoto(opening) && (
          <button type="button" className="button" onClick={() => void openAsProject(opening)}>
            New project of this picture
          </button>
        )}
        {(photo || project) && (
          <button type="button" className="button primary" onClick={() => void openAsProject(opening)}>
            {project ? "Open the project" : "New project of this photo"}
          </button>
        )}
      </div>
    </Dialog>
  );
}

/** Paste the picture, with its own pixels. */
function AsPart({ opening }: { opening: Opening }) {
  const paste = () => {
    const { project } = get();
    closeOpening();
    if (project) void pastePicture(opening.files[0], project.id);
  };
  return (
    <button type="button" className="button" onClick={paste}>
      Paste it as a part
    </button>
  );
}

/** Someone's illustration in flat colours is a photo to Primage, if it is not a drawing of this one. */
function mayBePhoto({ files }: Opening): boolean {
  return files.length === 1 && !/\.(json|zip|csv|txt)$/i.test(files[0].name);
}

/** What a file is read as, where it may hold several layers. Another choice reads it again. */
function Parts({ opening, value }: { opening: Opening; value: Part | null }) {
  const [chosen, setChosen] = useState<Part | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was chosen has been read, or another file was opened
  useEffect(() => setChosen(null), [opening]);
  const kind = opening.training ? get().settings?.kind : undefined;
  if (!hasParts(get().project, kind)) return null;
  return (
    <div className="opening-parts">
      <h3>Read it as</h3>
      <Choice
        label="Read it as"
        value={chosen ?? value ?? "auto"}
        choices={PARTS}
        onChange={(part) => {
          setChosen(part);
          void openFiles(opening.files, part, opening.snap);
        }}
      />
    </div>
  );
}

function partOf(replaced: readonly string[]): Part {
  return replaced.length > 1 ? "drawing" : (replaced[0] as Part);
}

/** The drawing as it would be, and over it the pixels that were given the nearest label. */
function Sheet({ read, drawing, marks }: { read: Read; drawing: Drawing; marks: boolean }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const { width, height } = drawing;
  useEffect(() => {
    const context = ref.current?.getContext("2d");
    if (!context) return;
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, width, height);
    const { project } = get();
    const colours = {
      labels: drawing.paintingColours ?? labelsOf(read).map((label) => label.colour),
      lines: (drawing.labels && project?.line_colour) || ([0, 0, 0] as const),
    };
    for (const { type, plane } of drawing.layers) {
      if (type.role === "labels" || type.role === "edges")
        paint(context, type.compose(plane, drawing.frame, { ...colours, lines: [...colours.lines] as Rgb }));
    }
    if (!marks) return;
    context.fillStyle = GREY;
    context.fillRect(0, 0, width, height);
    const snapped = createPlane(width, height, read.snapped);
    const table = colourTable(MARKS);
    table[0] = table[SLIGHT] = 0;
    paint(context, labelPixels(snapped, table, drawing.frame));
  }, [read, drawing, marks, width, height]);
  return (
    <canvas
      ref={ref}
      className="opening-sheet"
      data-layer="opened"
      width={width}
      height={height}
      role="img"
      aria-label={marks ? "The drawing as read, with marks" : "The drawing"}
    />
  );
}

/** Over what is there: `putImageData` would replace it. */
function paint(context: CanvasRenderingContext2D, image: ImageData): void {
  const sheet = document.createElement("canvas");
  sheet.width = image.width;
  sheet.height = image.height;
  sheet.getContext("2d")?.putImageData(image, 0, 0);
  context.drawImage(sheet, 0, 0);
}

function Mark({ value, children }: { value: number; children: ReactNode }) {
  return (
    <li>
      <i className="swatch" style={{ background: hex(MARKS[value]) }} />
      {children}
    </li>
  );
}

function changes({ changed, size }: Read["header"]): string {
  if (changed === 0) return "It is the drawing as it is: nothing would change.";
  const share = (100 * changed) / (size.width * size.height);
  return `${share < 0.1 ? "Less than 0.1" : share.toFixed(share < 10 ? 1 : 0)} % of the drawing changes.`;
}

/** A message about a file that the title names already. */
function inWords(message: string, file: string): string {
  const about = message.startsWith(`${file}: `);
  const text = about ? message.slice(file.length + 2) : message;
  const named = text.startsWith(file);
  return (named ? text : text.charAt(0).toUpperCase() + text.slice(1)) + (/[.!?…”]$/.test(text) ? "" : ".");
}
