import type {PageData} from '../render/report/data.js';

export function readData(): PageData {
  return JSON.parse(document.getElementById('data')?.textContent ?? '{}') as PageData;
}
