/** Our own icons: 20 × 20, strokes of 1.5 in the text's colour. */
const PATHS = {
  move: "M10 2.5v15M2.5 10h15M10 2.5 7.8 4.7M10 2.5l2.2 2.2M10 17.5l-2.2-2.2M10 17.5l2.2-2.2M2.5 10l2.2-2.2M2.5 10l2.2 2.2M17.5 10l-2.2-2.2M17.5 10l-2.2 2.2",
  rectangle: "M4 7V4h3M13 4h3v3M16 13v3h-3M7 16H4v-3M9.2 4h1.6M9.2 16h1.6M4 9.2v1.6M16 9.2v1.6",
  lasso:
    "M5.6 13.2C3.9 12.3 3 10.9 3 9.2 3 6 6.1 3.5 10 3.5S17 6 17 9.2 13.9 14.8 10 14.8c-.9 0-1.7-.1-2.5-.3M5.6 13.2a1.7 1.7 0 1 0 2 2.3M6 16.5c.4 1 .2 1.7-.7 2",
  region:
    "M3.5 16.5l7.2-7.2M13 3v2.2M13 9.8V12M8.5 7.5h2.2M15.3 7.5h2.2M10 4.5l1.1 1.1M16 4.5l-1.1 1.1M16 10.5l-1.1-1.1",
  outline: "M3 14c2.5-7 4.5 1 7-4s4-7 7-5.5M3 14v3M1.5 15.5h3M14.5 13.5l1.3 1.3 2.7-2.8",
  pencil: "M3.5 16.5l.8-3.7L13.4 3.7a1.4 1.4 0 0 1 2 0l.9.9a1.4 1.4 0 0 1 0 2L7.2 15.7zM12 5.1l2.9 2.9",
  eraser:
    "M8 16.5h9M5.9 16.5l-2.5-2.5a1.4 1.4 0 0 1 0-2l8.1-8.1a1.4 1.4 0 0 1 2 0l3.6 3.6a1.4 1.4 0 0 1 0 2l-7 7zM7.5 7.9l5.6 5.6",
  line: "M4.5 15.5l11-11M3.5 16.5h2v-2h-2zM14.5 5.5h2v-2h-2z",
  curve: "M3.5 15.5C4 7 9 4 16.5 4.5M2.7 16.3h1.8v-1.8H2.7zM15.6 5.4h1.8V3.6h-1.8z",
  brush:
    "M16.8 3.2c-3.8 1.2-7.2 4.3-8.8 7.3l1.5 1.5c3-1.6 6.1-5 7.3-8.8zM7.7 11.2c-2 .1-2.9 1.3-3.1 2.7-.1 1-.6 1.8-1.8 2.2 2.6 1 6 .3 6.3-2.7",
  bucket:
    "M8.2 3.2l7.2 7.2-5.7 5.7a1.4 1.4 0 0 1-2 0l-5.2-5.2a1.4 1.4 0 0 1 0-2zM8.2 3.2 6.5 1.8M3 10.3h11.5M17 13.2c.9 1.3 1.3 2 1.3 2.6a1.3 1.3 0 0 1-2.6 0c0-.6.4-1.3 1.3-2.6z",
  eyedropper:
    "M11 6.3l2.6-2.6a1.9 1.9 0 0 1 2.7 2.7L13.7 9M9.7 5l5.3 5.3M11.6 7.3 5 13.9c-.4.4-.5 1.6-.9 2l-.9.9.9-.9c.4-.4 1.6-.5 2-.9l6.6-6.6",
  hand: "M6.5 10.5V5a1.2 1.2 0 0 1 2.4 0v4M8.9 9V3.7a1.2 1.2 0 0 1 2.4 0V9M11.3 9V4.7a1.2 1.2 0 0 1 2.4 0V10M13.7 10V7a1.2 1.2 0 0 1 2.3 0v5.5c0 3-2 5-4.8 5-2.2 0-3.5-.8-4.7-2.6l-3-4.6a1.2 1.2 0 0 1 1.9-1.4l1.1 1.6",
  zoom: "M8.7 14.4a5.7 5.7 0 1 0 0-11.4 5.7 5.7 0 0 0 0 11.4zM13 13l4.2 4.2M8.7 6.4V11M6.4 8.7H11",
  undo: "M7 4 3.5 7.5 7 11M3.5 7.5H12a4.5 4.5 0 0 1 0 9H8",
  redo: "M13 4l3.5 3.5L13 11M16.5 7.5H8a4.5 4.5 0 0 0 0 9h4",
  eye: "M1.8 10S4.8 4.7 10 4.7 18.2 10 18.2 10 15.2 15.3 10 15.3 1.8 10 1.8 10zM10 12.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6z",
  hidden:
    "M3 3l14 14M8 5a8 8 0 0 1 2-.3c5.2 0 8.2 5.3 8.2 5.3a15 15 0 0 1-2.3 2.9M12.8 14.8a8 8 0 0 1-2.8.5C4.8 15.3 1.8 10 1.8 10a14 14 0 0 1 3.7-4",
  lock: "M5.5 9h9a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1zM7 9V6.5a3 3 0 0 1 6 0V9",
  unlock: "M5.5 9h9a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1zM7 9V6.5a3 3 0 0 1 5.8-1",
  copy: "M7.5 7.5h9v9h-9zM12.5 7.5v-4h-9v9h4",
  trash: "M3.5 5.5h13M8 5.5v-2h4v2M5 5.5l.8 11h8.4l.8-11M8.3 8.5v5M11.7 8.5v5",
  flipX: "M10 2.5v15M7.5 5.5 3 14.5h4.5zM12.5 5.5l4.5 9h-4.5z",
  flipY: "M2.5 10h15M5.5 7.5 14.5 3v4.5zM5.5 12.5l9 4.5v-4.5z",
  warp: "M3.5 4.5c4 2 9 2 13 0-2 4-2 7 0 11-4-2-9-2-13 0 2-4 2-7 0-11zM10 6v8M5 10h10",
  check: "M4 10.5l4 4 8-9",
  close: "M5 5l10 10M15 5 5 15",
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  play: "M6 4l9.5 6L6 16z",
  pause: "M7 4.5v11M13 4.5v11",
  stop: "M5.5 5.5h9v9h-9z",
  sun: "M10 13.3a3.3 3.3 0 1 0 0-6.6 3.3 3.3 0 0 0 0 6.6zM10 2v1.7M10 16.3V18M2 10h1.7M16.3 10H18M4.3 4.3l1.2 1.2M14.5 14.5l1.2 1.2M4.3 15.7l1.2-1.2M14.5 5.5l1.2-1.2",
  moon: "M16.5 11.7A6.9 6.9 0 0 1 8.3 3.5a6.9 6.9 0 1 0 8.2 8.2z",
  help: "M7.6 7.5a2.4 2.4 0 1 1 3.5 2.2c-.7.4-1.1.8-1.1 1.8M10 14.3v.1M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15z",
  export: "M10 3v9M6.5 6.5 10 3l3.5 3.5M4 12v4.5h12V12",
  upload: "M10 13V4M6.5 7.5 10 4l3.5 3.5M3.5 13v3.5h13V13",
  beside: "M3 4.5h14v11H3zM10 4.5v11",
  over: "M3 4.5h14v11H3zM10 4.5v11M12.5 8l-2.5 2M12.5 12 10 10",
  drawing: "M3 4.5h14v11H3zM5.5 13c1.5-5 3.5 1 5-2.5S13.5 7 14.5 8",
  result: "M3 4.5h14v11H3zM3 13.5l4-4 3.5 3.5 2-2 4.5 3.5M13 8.3a.8.8 0 1 0 0-1.6.8.8 0 0 0 0 1.6z",
  compare: "M10 2.5v15M8 6H3.5v8H8M12 6h4.5v8H12",
  fit: "M3.5 7.5v-4h4M12.5 3.5h4v4M16.5 12.5v4h-4M7.5 16.5h-4v-4",
  sidebar: "M3 4.5h14v11H3zM12.5 4.5v11",
  home: "M3.5 9.5 10 3.5l6.5 6M5.5 8v8.5h9V8M8.5 16.5v-4h3v4",
  sliders: "M3 6h8M15 6h2M13 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM3 14h2M9 14h8M7 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  camera: "M3 6.5h3.5L8 4.5h4l1.5 2H17v9H3zM10 13.5a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4z",
  chevron: "M5.5 8 10 12.5 14.5 8",
  merge: "M4 4v3c0 3 6 3 6 6v3.5M16 4v3c0 3-6 3-6 6M7.5 14 10 16.5l2.5-2.5",
  select: "M4 7V4h3M13 4h3v3M16 13v3h-3M7 16H4v-3M8 8h4v4H8z",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  clock: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6v4.2l2.8 1.6",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" ? 2.6 : 1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark: a drawing on the left, the photo it becomes on the right. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 28 28" aria-hidden="true" focusable="false">
      <rect x="1.5" y="1.5" width="25" height="25" rx="7" className="mark-paper" />
      <path d="M14 1.5h5.5a7 7 0 0 1 7 7v11a7 7 0 0 1-7 7H14z" className="mark-photo" />
      <path d="M5 19.5 10.2 11l3.8 5" className="mark-line" fill="none" strokeWidth="1.8" strokeLinecap="round" />
      <path d="M14 16l2.3-3.4a1 1 0 0 1 1.7 0l5 7.4H14z" className="mark-hill" />
      <circle cx="20" cy="8.5" r="1.9" className="mark-hill" />
    </svg>
  );
}
