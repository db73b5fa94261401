import { PHONE } from '../support/browser.mjs';
import { describeEveryPage } from '../support/every-page.mjs';

describeEveryPage('narrow', PHONE);
