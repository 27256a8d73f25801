import { useMonaco } from "@graphiql/react";
import { useEffect } from "react";

interface Palette {
  readonly base: "vs" | "vs-dark";
  readonly paper: string;
  readonly ink: string;
  readonly comment: string;
  readonly keyword: string;
  readonly type: string;
  readonly argument: string;
  readonly text: string;
  readonly number: string;
  readonly brackets: readonly [string, string, string];
  readonly accent: string;
}

/** Every color has a contrast of 4.5 : 1 or more on the paper of theme.css; the editor cannot read its custom properties. */
const LIGHT: Palette = {
  base: "vs",
  paper: "#ffffff",
  ink: "#1f2937",
  comment: "#566172",
  keyword: "#1d4ed8",
  type: "#0f766e",
  argument: "#6d28d9",
  text: "#9a3412",
  number: "#05603a",
  brackets: ["#1d4ed8", "#6d28d9", "#9a3412"],
  accent: "#0f766e",
};
const DARK: Palette = {
  base: "vs-dark",
  paper: "#161d2b",
  ink: "#e2e8f0",
  comment: "#a7b3c6",
  keyword: "#93c5fd",
  type: "#5eead4",
  argument: "#c4b5fd",
  text: "#fdba74",
  number: "#86efac",
  brackets: ["#fedf89", "#f0abfc", "#93c5fd"],
  accent: "#5eead4",
};

function toTheme({ base, paper, ink, comment, keyword, type, argument, text, number, brackets, accent }: Palette) {
  const colors = Object.fromEntries([
    ...["editor", "editorHoverWidget", "editorSuggestWidget", "editorWidget", "menu", "quickInput"].map((part) => [
      `${part}.background`,
      part === "editor" ? "#ffffff00" : paper,
    ]),
    ...["editor.foreground", "editorLineNumber.activeForeground"].map((part) => [part, ink]),
    ["editorLineNumber.foreground", comment],
    ["editorLineNumber.dimmedForeground", comment],
    ...brackets.map((color, index) => [`editorBracketHighlight.foreground${index + 1}`, color]),
    ...["textLink", "list.highlight", "editorLink.active", "list.focusHighlight"].map((part) => [
      part === "textLink" ? "textLink.foreground" : `${part}Foreground`,
      accent,
    ]),
    ...["editorSuggestWidget.selectedBackground", "list.hoverBackground", "menu.selectionBackground"].map((part) => [
      part,
      `${accent}22`,
    ]),
    ...["editorSuggestWidget.selectedForeground", "menu.selectionForeground", "focusBorder"].map((part) => [
      part,
      accent,
    ]),
    ["scrollbar.shadow", "#ffffff00"],
  ]) as Record<string, string>;
  const rules = [
    { token: "", foreground: ink },
    { token: "comment", foreground: comment },
    { token: "keyword", foreground: keyword },
    { token: "key.identifier", foreground: ink },
    { token: "type.identifier", foreground: type },
    { token: "argument.identifier", foreground: argument },
    { token: "annotation", foreground: argument },
    { token: "string", foreground: text },
    { token: "string.key.json", foreground: ink },
    { token: "string.value.json", foreground: text },
    { token: "number", foreground: number },
    { token: "keyword.json", foreground: keyword },
  ].map((rule) => ({ ...rule, foreground: rule.foreground.slice(1) }));
  return { base, inherit: true, colors, rules };
}

/** Gives the editors the colors of the page, under the names of GraphiQL's themes, between which it chooses. */
export function useEditorColors(): void {
  const monaco = useMonaco(({ monaco: loaded }) => loaded);
  useEffect(() => {
    monaco?.editor.defineTheme("graphiql-LIGHT", toTheme(LIGHT));
    monaco?.editor.defineTheme("graphiql-DARK", toTheme(DARK));
  }, [monaco]);
}
