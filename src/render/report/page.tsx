/** The page of a report: one file, which asks for nothing from anywhere. */
import {createHash} from 'node:crypto';
import {renderToString} from 'preact-render-to-string';
import type {ReportDocument} from '../../answers/report.js';
import {escapedCopy} from '../../base/escape.js';
import {Body} from './body.js';
import {pageData, scriptJson} from './data.js';
import {mostFindings} from './findings.js';
import {modelOf} from './model.js';
import {tablesOf} from './tables.js';

/** What the build made of src/page/: as text. */
export interface PageAssets {
  script: string;
  style: string;
}

export interface PageOptions extends PageAssets {
  /** The topology as SVG, that part of it where the first finding is, and the style of both; absent where there is none. */
  picture?: {svg: string; place?: string | undefined; style: string} | undefined;
}

/** @returns the whole file; ends with a newline */
export function renderReport(given: ReportDocument, {script, style, picture}: PageOptions): string {
  const document = escapedCopy(given);
  const model = modelOf(document);
  const tables = tablesOf(model, mostFindings);
  const styles = picture ? `${style}\n${picture.style}` : style;
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(styles)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const body = renderToString(
    <Body model={model} tables={tables} picture={picture?.svg} place={picture?.place} />,
  );
  const title = `${model.headline.title} (ovdiag report)`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="generator" content="ovdiag">
${renderToString(<title>{title}</title>)}
<style>${styles}</style>
</head>
<body>
${body}
<script type="application/json" id="data">${scriptJson(pageData(model, tables))}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** As a content security policy names a script or style (CSP level 3, 2.3.1). */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
