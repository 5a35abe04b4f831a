/* SPDX-License-Identifier: MIT */
/* main.js - starts the page. */
import { start } from './start.js';

start();
