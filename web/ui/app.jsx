/* SPDX-License-Identifier: MIT */
/* app.jsx - which page is shown. */
import { useEffect, useRef } from 'preact/hooks';
import { Failure, Left } from './end.jsx';
import { Home } from './home.jsx';
import { Meeting } from './meeting.jsx';
import { Prejoin } from './prejoin.jsx';

const pages = { home: Home, prejoin: Prejoin, meeting: Meeting, left: Left, error: Failure };

/** @param {import('./parts.jsx').App} props */
export function App({ store, actions }) {
  const Page = pages[store.page.value];
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) document.querySelector('h1')?.focus(); // a screen reader begins where the new page does
    first.current = false;
  }, [Page]);
  return <Page store={store} actions={actions} />;
}
