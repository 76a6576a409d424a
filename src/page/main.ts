/** The script of a report: everything that it adds can be done without; what it shows stands in the page or in its JSON. */
import {showAge} from './age.js';
import {enableCopying} from './copy.js';
import {readData} from './data.js';
import {enableEvidence} from './evidence.js';
import {enableGrids} from './grid.js';
import {enableLinks} from './links.js';
import {markSections} from './nav.js';
import {enablePicture} from './picture.js';
import {enableSearch} from './search.js';
import {enableTables} from './tables.js';

const data = readData();
enableCopying();
const tables = enableTables(data);
const evidence = enableEvidence(data);
enableGrids(data);
enablePicture();
enableSearch(data, tables, evidence);
showAge();
enableLinks();
markSections();
