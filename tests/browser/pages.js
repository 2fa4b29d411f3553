// The pages under test, and how to read them without knowing their markup by heart.

import assert from 'node:assert/strict';

export const DEMO = process.env.ROR_DEMO;
export const HOSPITALS = process.env.ROR_HOSPITALS;

/** Reason given by tests that need the real hospitals, or false where they are there. */
export const WITHOUT_HOSPITALS = HOSPITALS ? false : 'skipped: the files of the real hospitals are absent';

/** A sheet, whatever its kind. */
export const SHEET = 'main a[href^="/offre/"], main a[href^="/structure/"]';

/** What sends the question, among the buttons of the form. */
export const SUBMIT = 'form[action="/recherche"] button:not([type="button"])';

export const search = (quoi, ou = '') => `/recherche?${new URLSearchParams({ quoi, ou })}`;

/** Every page of the demonstration territory: `{ name, path, status }`. */
export async function demoPages() {
  return [
    { name: 'accueil', path: '/' },
    { name: 'resultats', path: search('kiné', 'Oyonnax') },
    { name: 'resultats-structures', path: search('ehpad', 'Bourg-en-Bresse') },
    { name: 'resultats-sans-lieu', path: search('maison de retraite') },
    { name: 'resultats-filtres', path: `${search('kiné', 'Oyonnax')}&rayon=10` },
    { name: 'rien-demande', path: '/recherche' },
    { name: 'aucun-resultat', path: search('caisson hyperbare', 'Oyonnax') },
    { name: 'homonymes', path: search('kiné', 'Saint-Denis') },
    { name: 'offre', path: await firstSheet(DEMO, '/offre/', search('kiné', 'Oyonnax')) },
    { name: 'structure', path: await firstSheet(DEMO, '/structure/', search('ehpad', 'Bourg-en-Bresse')) },
    { name: 'inconnue', path: '/cette-page-n-existe-pas', status: 404 },
    { name: 'connexion', path: '/connexion' },
    { name: 'connexion-refusee', path: '/connexion/retour', status: 403 },
    { name: 'etat', path: '/etat' },
    { name: 'a-propos', path: '/a-propos' },
    { name: 'bientot', path: '/bientot/decrire' },
    { name: 'composants', path: '/composants' },
  ].map((page) => ({ status: 200, url: DEMO + page.path, ...page }));
}

/** Pages of the real hospitals: the largest ones. */
export async function hospitalPages() {
  if (!HOSPITALS) return [];
  return [
    { name: 'hopitaux-accueil', path: '/' },
    { name: 'hopitaux-resultats', path: search('urgences', 'Marseille') },
    { name: 'hopitaux-sans-lieu', path: search('hôpital') },
    { name: 'hopitaux-structure', path: await firstSheet(HOSPITALS, '/structure/', search('hôpital', 'Lyon')) },
    { name: 'hopitaux-offre', path: await firstSheet(HOSPITALS, '/offre/', search('réanimation', 'Lyon')) },
  ].map((page) => ({ status: 200, url: HOSPITALS + page.path, ...page }));
}

export const allPages = async () => [...(await demoPages()), ...(await hospitalPages())];

/** The path of the first sheet of a kind among the results of a search. */
async function firstSheet(base, prefix, path) {
  const answer = await fetch(base + path);
  assert.equal(answer.status, 200, path);
  const html = await answer.text();
  const main = html.slice(html.indexOf('<main'));
  const link = new RegExp(`href="?(${prefix}[^"# >]+)`).exec(main)?.[1];
  assert.ok(link, `no link to ${prefix} on ${path}`);
  return link.replaceAll('&amp;', '&');
}

/** Goes to a page of the list and holds it to its status. */
export async function open(page, { url, status }) {
  const answer = await page.goto(url, { waitUntil: 'load' });
  assert.equal(answer.status(), status, url);
  return answer;
}

/** The text of the first result of a page of results, on one line. */
export async function firstResult(page) {
  return (await page.locator('[data-resultat="1"]').innerText()).replace(/\s+/g, ' ');
}
