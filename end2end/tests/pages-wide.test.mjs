import { DESKTOP } from '../support/browser.mjs';
import { describeEveryPage } from '../support/every-page.mjs';

describeEveryPage('wide', DESKTOP);
