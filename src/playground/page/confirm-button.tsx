import { useRef } from "react";

export interface ConfirmButtonProps {
  readonly label: string;
  readonly question: string;
  readonly consequence: string;
  readonly onConfirm: () => void;
}

/** A button whose action is asked for once more in a dialog. */
export function ConfirmButton({ label, question, consequence, onConfirm }: ConfirmButtonProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button type="button" onClick={() => dialog.current?.showModal()}>
        {label}
      </button>
      <dialog
        ref={dialog}
        className="confirm"
        aria-labelledby="confirm-question"
        aria-describedby="confirm-consequence"
      >
        <h2 id="confirm-question">{question}</h2>
        <p id="confirm-consequence">{consequence}</p>
        <form method="dialog">
          {/* The first button has the focus. */}
          <button>Cancel</button>
          <button className="primary" onClick={onConfirm}>
            {label}
          </button>
        </form>
      </dialog>
    </>
  );
}
