/** Icons on a 20 × 20 grid, drawn with a stroke of 1.5 in the text colour. Tools bring their own. */
const PATHS = {
  transform: "M5 5h10v10H5zM3.5 3.5h3v3h-3zM13.5 3.5h3v3h-3zM3.5 13.5h3v3h-3zM13.5 13.5h3v3h-3z",
  undo: "M7 4 3.5 7.5 7 11M3.5 7.5H12a4.5 4.5 0 0 1 0 9H8",
  redo: "M13 4l3.5 3.5L13 11M16.5 7.5H8a4.5 4.5 0 0 0 0 9h4",
  eye: "M1.8 10S4.8 4.7 10 4.7 18.2 10 18.2 10 15.2 15.3 10 15.3 1.8 10 1.8 10zM10 12.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6z",
  hidden:
    "M3 3l14 14M8 5a8 8 0 0 1 2-.3c5.2 0 8.2 5.3 8.2 5.3a15 15 0 0 1-2.3 2.9M12.8 14.8a8 8 0 0 1-2.8.5C4.8 15.3 1.8 10 1.8 10a14 14 0 0 1 3.7-4",
  lock: "M5.5 9h9a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1zM7 9V6.5a3 3 0 0 1 6 0V9",
  unlock: "M5.5 9h9a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1zM7 9V6.5a3 3 0 0 1 5.8-1",
  copy: "M7.5 7.5h9v9h-9zM12.5 7.5v-4h-9v9h4",
  cut: "M5.2 12.2 14.5 3M14.8 12.2 5.5 3M5 17a2.4 2.4 0 1 0 0-4.8A2.4 2.4 0 0 0 5 17zM15 17a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8z",
  paste: "M7 4.5H4.5v13h11v-13H13M7 3h6v3H7zM7.5 10h5M7.5 13.5h5",
  duplicate: "M3.5 3.5h9v9h-9zM7.5 16.5h9v-9M8 5.5v5M5.5 8h5",
  palette:
    "M10 2.8a7.2 7.2 0 1 0 0 14.4c1.3 0 1.8-.9 1.4-1.9-.5-1.3.3-2.3 1.6-2.3h1.8c1.6 0 2.4-1.2 2.4-2.8A7.3 7.3 0 0 0 10 2.8zM6.3 10.5v.1M7.6 6.7v.1M11.8 6v.1",
  fill: "M8.2 3.2l7.2 7.2-5.7 5.7a1.4 1.4 0 0 1-2 0l-5.2-5.2a1.4 1.4 0 0 1 0-2zM3 10.3h11.5M17 13.2c.9 1.3 1.3 2 1.3 2.6a1.3 1.3 0 0 1-2.6 0c0-.6.4-1.3 1.3-2.6z",
  tag: "M3.5 3.5h6.2l6.8 6.8a1.2 1.2 0 0 1 0 1.7l-4.5 4.5a1.2 1.2 0 0 1-1.7 0L3.5 9.7zM7 7.1v-.1",
  trash: "M3.5 5.5h13M8 5.5v-2h4v2M5 5.5l.8 11h8.4l.8-11M8.3 8.5v5M11.7 8.5v5",
  flipX: "M10 2.5v15M7.5 5.5 3 14.5h4.5zM12.5 5.5l4.5 9h-4.5z",
  flipY: "M2.5 10h15M5.5 7.5 14.5 3v4.5zM5.5 12.5l9 4.5v-4.5z",
  link: "M8.3 11.7a3 3 0 0 0 4.2 0l3-3a3 3 0 0 0-4.2-4.2l-.9.9M11.7 8.3a3 3 0 0 0-4.2 0l-3 3a3 3 0 0 0 4.2 4.2l.9-.9",
  magnet: "M4.5 3.5h3.3V10a2.2 2.2 0 0 0 4.4 0V3.5h3.3V10a5.5 5.5 0 0 1-11 0zM4.5 6.5h3.3M12.2 6.5h3.3",
  warp: "M3.5 4.5c4 2 9 2 13 0-2 4-2 7 0 11-4-2-9-2-13 0 2-4 2-7 0-11zM10 6v8M5 10h10",
  close: "M5 5l10 10M15 5 5 15",
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  play: "M6 4l9.5 6L6 16z",
  stop: "M5.5 5.5h9v9h-9z",
  timeline: "M3 4.5h14v11H3zM3 8h14M3 12h14M6.5 4.5V8M10 4.5V8M13.5 4.5V8M6.5 12v3.5M10 12v3.5M13.5 12v3.5",
  pause: "M7 4.5v11M13 4.5v11",
  sun: "M10 13.3a3.3 3.3 0 1 0 0-6.6 3.3 3.3 0 0 0 0 6.6zM10 2v1.7M10 16.3V18M2 10h1.7M16.3 10H18M4.3 4.3l1.2 1.2M14.5 14.5l1.2 1.2M4.3 15.7l1.2-1.2M14.5 5.5l1.2-1.2",
  moon: "M16.5 11.7A6.9 6.9 0 0 1 8.3 3.5a6.9 6.9 0 1 0 8.2 8.2z",
  help: "M7.6 7.5a2.4 2.4 0 1 1 3.5 2.2c-.7.4-1.1.8-1.1 1.8M10 14.3v.1M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15z",
  export: "M10 3v9M6.5 8.5 10 12l3.5-3.5M4 12v4.5h12V12",
  upload: "M10 13V4M6.5 7.5 10 4l3.5 3.5M3.5 13v3.5h13V13",
  beside: "M3 4.5h14v11H3zM10 4.5v11",
  stacked: "M3 4.5h14v11H3zM3 10h14",
  over: "M3 4.5h14v11H3zM10 4.5v11M12.5 8l-2.5 2M12.5 12 10 10",
  drawing: "M3 4.5h14v11H3zM5.5 13c1.5-5 3.5 1 5-2.5S13.5 7 14.5 8",
  result: "M3 4.5h14v11H3zM3 13.5l4-4 3.5 3.5 2-2 4.5 3.5M13 8.3a.8.8 0 1 0 0-1.6.8.8 0 0 0 0 1.6z",
  compare: "M10 2.5v15M8 6H3.5v8H8M12 6h4.5v8H12",
  canvas:
    "M7 7h6v6H7zM10 4.5V2M10 18v-2.5M4.5 10H2M18 10h-2.5M8.5 3 10 1.5 11.5 3M8.5 17l1.5 1.5 1.5-1.5M3 8.5 1.5 10 3 11.5M17 8.5l1.5 1.5-1.5 1.5",
  fit: "M3.5 7.5v-4h4M12.5 3.5h4v4M16.5 12.5v4h-4M7.5 16.5h-4v-4",
  sidebar: "M3 4.5h14v11H3zM12.5 4.5v11",
  sliders: "M3 6h8M15 6h2M13 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM3 14h2M9 14h8M7 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  camera: "M3 6.5h3.5L8 4.5h4l1.5 2H17v9H3zM10 13.5a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4z",
  merge: "M4 4v3c0 3 6 3 6 6v3.5M16 4v3c0 3-6 3-6 6M7.5 14 10 16.5l2.5-2.5",
  raise: "M10 16V4.5M5.5 9 10 4.5 14.5 9",
  lower: "M10 4v11.5M5.5 11l4.5 4.5 4.5-4.5",
  object: "M10 3 17 6.8v6.4L10 17l-7-3.8V6.8zM3 6.8l7 3.7 7-3.7M10 10.5V17",
  select: "M4 7V4h3M13 4h3v3M16 13v3h-3M7 16H4v-3M8 8h4v4H8z",
} as const;

export type IconName = keyof typeof PATHS;

/** An icon by name, or any path on the same grid. */
export function Icon({ size = 20, ...icon }: { size?: number } & ({ name: IconName } | { path: string })) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={"path" in icon ? icon.path : PATHS[icon.name]} />
    </svg>
  );
}

/** The logo: a drawing on the left, the photo it becomes on the right. */
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
