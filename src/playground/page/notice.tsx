import { useState } from "react";

export interface NoticeProps {
  readonly text: string;
  readonly isGood?: boolean;
}

/** A message to the developer, until it is dismissed. */
export function Notice({ text, isGood = false }: NoticeProps) {
  const [isOpen, setOpen] = useState(true);
  if (!isOpen) return null;
  return (
    <p className={isGood ? "notice good" : "notice"} role="status">
      <span>{text}</span>
      <button
        type="button"
        onClick={() => {
          setOpen(false);
        }}
      >
        Dismiss
      </button>
    </p>
  );
}
