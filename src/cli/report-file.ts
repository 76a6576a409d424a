import type {ReportDocument} from '../answers/report.js';
import {pageAssets} from './page-assets.js';

/** The report as the text of its file. */
export async function reportText(document: ReportDocument): Promise<string> {
  const [{renderReport}, {renderSvg, graphStyle}, assets] = await Promise.all([
    import('../render/report/page.js'),
    import('../render/graph/svg.js'),
    pageAssets(),
  ]);
  const {graph, place} = document;
  // The page has what stands around a picture.
  const shown = {styled: false, headed: false, listed: false};
  const picture = graph && {
    svg: renderSvg(graph, shown),
    place: place && distinct(renderSvg(place, shown)),
    style: graphStyle,
  };
  return renderReport(document, {...assets, picture});
}

/** Two pictures in one page: what names a part of one must not name a part of the other. */
function distinct(svg: string): string {
  return svg
    .replace('aria-labelledby="graph-title graph-desc"', 'aria-labelledby="place-title place-desc"')
    .replace('id="graph-title"', 'id="place-title"')
    .replace('id="graph-desc"', 'id="place-desc"');
}
