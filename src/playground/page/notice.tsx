import { useState } from "react";

/** A message to the developer, until it is dismissed. */
export function Notice({ text }: { readonly text: string }) {
  const [isOpen, setOpen] = useState(true);
  if (!isOpen) return null;
  return (
    <p className="notice" role="status">
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
