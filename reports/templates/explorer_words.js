"use strict";
/* The words of the page in the language the reader chose; a text that is not translated keeps its own, marked so. */
const { surveys, told } = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const MARKED = /\u2068([a-z]+)\u2063([^\u2069]*)\u2069/g, WHOLE = /^\u2068([a-z]+)\u2063[^\u2069]*\u2069$/;
let language, words, locale;

const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const sayNumber = (forms, n, values) => say(forms[new Intl.PluralRules(locale).select(n)], { ...values, n: n.toLocaleString(locale) });
const plain = (text) => text.replace(MARKED, "$2");

/* Fill an element with a text, its parts in another language each with their own. */
function put(element, text) {
  let end = 0;
  element.replaceChildren();
  for (const part of text.matchAll(MARKED)) {
    element.append(text.slice(end, part.index), Object.assign(document.createElement("span"), { lang: part[1], textContent: part[2] }));
    end = part.index + part[0].length;
  }
  element.append(text.slice(end));
  return element;
}

/* The same for an element that can hold text alone: its language is that of the text where the whole is in another. */
function putPlain(element, text) {
  const whole = text.match(WHOLE);
  element.textContent = plain(text);
  if (whole) element.setAttribute("lang", whole[1]);
  else element.removeAttribute("lang");
  return element;
}

function speak(code) {
  language = told[code] ? code : Object.keys(told)[0];
  ({ words, locale } = told[language]);
  document.documentElement.lang = language;
  surveys.forEach((survey, place) => {
    const { waves, domains, items, ...texts } = told[language].surveys[place];
    Object.assign(survey, texts);
    waves.forEach((text, at) => Object.assign(survey.waves[at], text));
    domains.forEach((text, at) => Object.assign(survey.domains[at], text));
    items.forEach(({ figures, notes, ...text }, at) => {
      const item = Object.assign(survey.items[at], text);
      figures.forEach((label, number) => { item.series[number].label = label; });
      notes.forEach((note, number) => { item.links[number].note = note; });
    });
  });
  document.title = plain(say(words.page_title, { title: surveys[0].title }));
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = words[one.dataset.word];
  for (const one of document.querySelectorAll("[data-word-label]")) one.setAttribute("aria-label", words[one.dataset.wordLabel]);
  for (const one of document.querySelectorAll("[data-word-hint]")) one.placeholder = words[one.dataset.wordHint];
  if ($("language")) $("language").value = language;
}

if ($("language")) $("language").addEventListener("change", () => { speak($("language").value); show(); });
