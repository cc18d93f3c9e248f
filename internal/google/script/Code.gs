/**
 * sheet24 keeps this spreadsheet and Bitrix24 in step.
 *
 * This script only says which rows were edited; the server then reads them
 * itself. It holds no secret: the key that signs its messages is in the script
 * properties, which a copy of the spreadsheet does not carry along.
 *
 * SHEET24, in Config.gs, is {server, spreadsheetId, version}.
 */

// A request cannot be given a time: where the server hangs, Google waits for as long as
// a run may take, six minutes, and a day has 90 of them. So the script keeps its own time.
// A message without an answer for so long is late; while one is late, rows are noted
// only, and after it comes a rest, longer with each message that is late again.
const LATE_MS = 5 * 1000;
const REST_MS = 60 * 1000;
const LONGEST_REST_MS = 4 * 60 * 60 * 1000;

const DONE = 'Artık her düzenleme kendiliğinden Bitrix24\'e gider. · From now on each edit travels by itself.';

/** The web app: its user opens it once. */
function doGet(e) {
  try {
    const answer = connect_(e.parameter.t);
    if (answer.again) {
      return page_('Bir izin daha gerekiyor', 'Google bu e-tablo için bir izin daha istiyor. · Google wants one more permission.', 'Devam · Continue', answer.again);
    }
    return page_('✅ Webhook kuruldu!', DONE, 'sheet24', answer.table.page);
  } catch (error) {
    return page_('❌ Webhook kurulamadı', message_(error));
  }
}

/** onOpen: a menu, for whoever could not open the web app. */
function onOpen(e) {
  if (e.source.getId() !== SHEET24.spreadsheetId) return;
  SpreadsheetApp.getUi().createMenu('sheet24').addItem('Etkinleştir · Activate', 'sheet24Activate').addToUi();
}

/** The menu's item, and what to run in the script editor where there is no menu. */
function sheet24Activate() {
  const ui = SpreadsheetApp.getUi();
  if (SpreadsheetApp.getActive().getId() !== SHEET24.spreadsheetId) {
    ui.alert('Bu dosya bir kopya; sheet24 sayfasında yeniden bağlayın. · This file is a copy; connect it on sheet24\'s page.');
    return;
  }
  const reply = ui.prompt('sheet24', 'sheet24 sayfasındaki kodu yapıştırın. · Paste the code from sheet24\'s page.', ui.ButtonSet.OK_CANCEL);
  if (reply.getSelectedButton() !== ui.Button.OK) return;
  try {
    const answer = connect_(reply.getResponseText().trim());
    ui.alert(answer.again ? 'Bir izin daha gerekiyor; menüden yeniden seçin. · One more permission; choose the item again.' : '✅ Webhook kuruldu! ' + DONE);
  } catch (error) {
    ui.alert('❌ Webhook kurulamadı: ' + message_(error));
  }
}

/**
 * Installs the triggers, trades the one-time token for the key of a tab, and says
 * so, signed. It returns {table}, or {again}: the address to open once more, with a
 * permission that Google turned out to want.
 */
function connect_(token) {
  if (!token) throw new Error('Kod yok; sheet24 sayfasındaki düğmeyle açın. · No code; use the button on sheet24\'s page.');
  ScriptApp.requireAllScopes(ScriptApp.AuthMode.FULL);
  try {
    installTriggers_();
  } catch (error) {
    // Its words are in the user's language; what it names of scopes is not.
    if (message_(error).indexOf('https://www.googleapis.com/auth/') < 0) throw error;
    return { again: post_('/activate', { token: token, version: SHEET24.version, needs: 'spreadsheets' }).again_url };
  }
  const answer = post_('/activate', { token: token, version: SHEET24.version });
  const table = { gid: answer.gid, key: answer.key, url: answer.webhook_url, page: answer.table_url };
  PropertiesService.getScriptProperties().setProperty('table.' + table.gid, JSON.stringify(table));
  const pinged = send_(table, { event: 'ping' });
  if (pinged.getResponseCode() !== 202) throw new Error('sheet24: HTTP ' + pinged.getResponseCode());
  return { table: table };
}

/** Replaces this account's triggers, so that there is one of each. */
function installTriggers_() {
  const before = ScriptApp.getProjectTriggers();
  const here = SpreadsheetApp.getActive() || SHEET24.spreadsheetId; // a web app may have none
  ScriptApp.newTrigger('sheet24Edited').forSpreadsheet(here).onEdit().create();
  ScriptApp.newTrigger('sheet24Changed').forSpreadsheet(here).onChange().create();
  before.forEach((trigger) => ScriptApp.deleteTrigger(trigger));
}

/** onEdit: cells were typed, pasted, filled or cleared. */
function sheet24Edited(e) {
  if (!e || !e.range || e.source.getId() !== SHEET24.spreadsheetId) return;
  const all = PropertiesService.getScriptProperties().getProperties();
  const text = all['table.' + e.range.getSheet().getSheetId()];
  if (text) nudge_(all, JSON.parse(text), e.range.getRow(), e.range.getLastRow());
}

/** onChange: rows or columns came, went or moved. Edits have their own trigger. */
function sheet24Changed(e) {
  if (!e || e.changeType === 'EDIT' || e.changeType === 'FORMAT' || e.source.getId() !== SHEET24.spreadsheetId) return;
  const all = PropertiesService.getScriptProperties().getProperties();
  Object.keys(all).filter((name) => name.startsWith('table.')).forEach((name) => nudge_(all, JSON.parse(all[name]), 0, 0));
}

/**
 * Names the rows from first to last, or with 0 the whole tab. They are noted before they
 * are sent, and the note goes when the server has them: a run may end at any moment.
 * Each run has a note of its own, so that those that run at the same time lose nothing
 * of each other's.
 */
function nudge_(all, table, first, last) {
  const name = 'unsent.' + table.gid + '.' + messageId_();
  let others = notes_(all, table.gid);
  let rows = together_(others.concat({ first: first, last: last }));
  if (rests_(others)) {
    note_(name, { first: first, last: last });
    if (others.length > 20) merge_(name, rows, others);
    return;
  }

  for (let again = true; again; ) {
    const sent = Date.now();
    note_(name, { first: first, last: last, sent: sent, late: 1 });
    const answer = attempt_(table, rows);
    const late = Date.now() - sent > LATE_MS;
    if (answer === 'gone') { // nobody follows this tab any more
      forget_(others.map((n) => n.name).concat(name, 'table.' + table.gid));
      return;
    }
    if (answer !== 'taken') {
      // What was refused at once may be tried again with the next edit.
      const kept = late ? { sent: sent, late: rows.late + 1 } : { sent: 0, late: 0 };
      merge_(name, Object.assign({}, rows, kept), others);
      return;
    }
    forget_(others.map((n) => n.name).concat(name));

    // While it was late, others have noted theirs only.
    others = late ? notes_(PropertiesService.getScriptProperties().getProperties(), table.gid) : [];
    again = others.length > 0;
    rows = together_(others);
    first = rows.first;
    last = rows.last;
  }
}

/** Sends rows once: 'taken' when the server has them, 'gone' when nobody wants them. */
function attempt_(table, rows) {
  try {
    const answer = send_(table, rows.first ? { event: 'row_edited', row_id: rows.first, last_row_id: rows.last } : { event: 'structure_changed' });
    if (answer.getResponseCode() === 202) return 'taken';
    if (answer.getContentText().indexOf('"webhook_table"') >= 0) return 'gone';
  } catch (error) {
    console.warn(message_(error));
  }
  return 'failed';
}

/**
 * The notes of a tab that nobody is sending: {name, first, last}, and of what was sent
 * and is late, when it was sent last, and how many times.
 */
function notes_(all, gid) {
  const prefix = 'unsent.' + gid;
  return Object.keys(all)
    .filter((name) => name === prefix || name.startsWith(prefix + '.'))
    .map((name) => Object.assign({ name: name, sent: 0, late: 0 }, JSON.parse(all[name])))
    .filter((note) => Date.now() - note.sent > LATE_MS);
}

/** One note for all of some. */
function together_(notes) {
  const whole = notes.some((n) => !n.first);
  return {
    first: whole ? 0 : Math.min(...notes.map((n) => n.first)),
    last: whole ? 0 : Math.max(...notes.map((n) => n.last)),
    sent: Math.max(0, ...notes.map((n) => n.sent || 0)),
    late: notes.reduce((sum, n) => sum + (n.late || 0), 0)
  };
}

/** Whether it is too early for another message after those that were late. */
function rests_(notes) {
  const { sent, late } = together_(notes);
  return late > 0 && Date.now() - sent < Math.min(REST_MS * Math.pow(4, late - 1), LONGEST_REST_MS);
}

/** Has one note stand for others, which go after it is there. */
function merge_(name, note, others) {
  if (note_(name, note)) forget_(others.map((n) => n.name));
}

/** Notes rows down; false where the day's notes are used up. */
function note_(name, note) {
  try {
    PropertiesService.getScriptProperties().setProperty(name, JSON.stringify(note));
    return true;
  } catch (error) {
    console.warn(message_(error));
    return false;
  }
}

function forget_(names) {
  const properties = PropertiesService.getScriptProperties();
  names.forEach((name) => properties.deleteProperty(name));
}

/** Posts a signed message (standardwebhooks.com). */
function send_(table, message) {
  const body = JSON.stringify(Object.assign({ v: 1, sheet_id: SHEET24.spreadsheetId, gid: table.gid }, message));
  const id = messageId_();
  const time = String(Math.floor(Date.now() / 1000));
  const signature = Utilities.computeHmacSha256Signature(
    Utilities.newBlob(id + '.' + time + '.' + body).getBytes(), Utilities.base64Decode(table.key));
  return fetch_(table.url, body, { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': 'v1,' + Utilities.base64Encode(signature) });
}

/** A unique id that begins with the time (UUID version 7): the server's index of ids then grows at its end. */
function messageId_() {
  const ms = Date.now().toString(16).padStart(12, '0');
  return ms.slice(0, 8) + '-' + ms.slice(8) + '-7' + Utilities.getUuid().slice(15);
}

/** Posts to the server's API and returns what it answers. */
function post_(path, message) {
  const response = fetch_(SHEET24.server + '/api/v1/sheet-sync' + path, JSON.stringify(message), {});
  let answer;
  try {
    answer = JSON.parse(response.getContentText());
  } catch (error) {
    throw new Error('sheet24: HTTP ' + response.getResponseCode());
  }
  if (response.getResponseCode() !== 200) throw new Error(answer.message);
  return answer;
}

function fetch_(url, body, headers) {
  return UrlFetchApp.fetch(url, { method: 'post', contentType: 'application/json', payload: body, headers: headers, muteHttpExceptions: true });
}

function message_(error) {
  return String((error && error.message) || error);
}

function page_(title, text, caption, link) {
  const escape = (s) => s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
  return HtmlService.createHtmlOutput(
    '<div style="font:16px/1.5 Poppins,sans-serif;text-align:center;margin-top:15vh"><h1>' + escape(title) + '</h1><p>' + escape(text) + '</p>' +
    (link ? '<p><a id="back" target="_top" href="' + escape(link) + '">' + escape(caption) + '</a></p>' : '') + '</div>'
  ).setTitle('sheet24');
}
