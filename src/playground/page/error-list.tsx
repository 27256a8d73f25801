import { userErrorsOf } from "./describe-response";
import { errorsOf, type ResponseError } from "./tab-results";

/** More errors than this are only counted: the response below contains them. */
const MAX_SHOWN = 4;

interface ListedError {
  readonly code: string | undefined;
  /** The ID of the code's entry in `/docs`. */
  readonly anchor: string;
  readonly message: string | undefined;
  readonly where: string;
}

const fromError = ({ message, path = [], extensions }: ResponseError): ListedError => ({
  code: extensions?.code,
  anchor: `error-${extensions?.code ?? ""}`,
  message,
  where: path.join("."),
});

export function listErrors(body: unknown): readonly ListedError[] {
  const userErrors = userErrorsOf(body).map(({ code, message }) => {
    const anchor = `UserErrorCode.${code}`;
    return { code, anchor, message, where: "userErrors" };
  });
  return [...errorsOf(body).map(fromError), ...userErrors];
}

/** The errors of a response: each code leads to its entry in the reference, which opens beside the playground. */
export function ErrorList({ body, kind }: { readonly body: unknown; readonly kind: "bad" | "refused" }) {
  const errors = listErrors(body);
  if (errors.length === 0) return null;
  return (
    <ul className={`errors ${kind}`} aria-label="Errors of the response">
      {errors.slice(0, MAX_SHOWN).map(({ code, anchor, message, where }, index) => (
        <li key={index}>
          {code !== undefined && (
            <a href={`/docs#${encodeURIComponent(anchor)}`} target="_blank" rel="noopener">
              {code}
              <span className="unseen"> (what to do, in a new tab)</span>
            </a>
          )}
          {where !== "" && <code>{where}</code>}
          <span>{message}</span>
        </li>
      ))}
      {errors.length > MAX_SHOWN && <li>and {errors.length - MAX_SHOWN} more</li>}
    </ul>
  );
}
