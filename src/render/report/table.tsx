import type {JSX} from 'preact';
import {Sign} from './parts.js';
import {
  mostShown,
  type ReportTable,
  restText,
  type TableCell,
  type TableColumn,
  type TableRow,
} from './tables.js';

interface DataTableProps {
  table: ReportTable;
  /** Whether rows with a fault can be asked for alone. */
  faults?: string;
}

/** A table in a box of its own, which the page's script can sort and filter. */
export function DataTable({table, faults}: DataTableProps): JSX.Element {
  const {id, caption, columns, rows} = table;
  const rest = restText(table);
  return (
    <div class="data-table" data-table={id}>
      <div class="tools" hidden>
        <label>
          <span>Filter</span>
          <input type="search" data-filter spellcheck={false} autocomplete="off" />
        </label>
        {faults !== undefined && (
          <label class="check">
            <input type="checkbox" data-faults />
            <span>{faults}</span>
          </label>
        )}
        <output data-count />
      </div>
      <div class="scroll" tabindex={0} role="region" aria-label={caption}>
        <table>
          <caption class="unseen">{caption}</caption>
          <thead>
            <tr>
              {columns.map(({label, kind}) => (
                <th key={label} scope="col" class={kind}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, mostShown).map((row, index) => (
              <Row key={index} id={`${id}-${index + 1}`} row={row} columns={columns} />
            ))}
          </tbody>
        </table>
      </div>
      {rest !== undefined && (
        <p class="rest" data-rest>
          {rest} are shown here; the others need the script of this page.
        </p>
      )}
    </div>
  );
}

function Row({row, columns, id}: {row: TableRow; columns: TableColumn[]; id: string}): JSX.Element {
  return (
    <tr id={id} class={row.faulty ? 'faulty' : undefined}>
      {row.cells.map((cell, index) => (
        <Cell key={index} cell={cell} kind={columns[index]?.kind} />
      ))}
    </tr>
  );
}

function Cell({cell, kind}: {cell: TableCell | string; kind: TableColumn['kind']}): JSX.Element {
  if (typeof cell === 'string') return <td class={kind}>{cell}</td>;
  const {text, href, tone, order} = cell;
  const shown = href === undefined ? text : <a href={`#${href}`}>{text}</a>;
  return (
    <td class={[kind, tone && `tone-${tone}`].filter(Boolean).join(' ') || undefined} data-order={order}>
      {tone !== undefined && <Sign tone={tone} />}
      {shown}
    </td>
  );
}
