/**
 * sheet24 keeps this spreadsheet and Bitrix24 in step.
 *
 * This script only says which rows were edited; the server then reads them
 * itself. It holds no secret: the key that signs its messages is in the script
 * properties, which a copy of the spreadsheet does not carry along.
 *
 * SHEET24, in Config.gs, is {server, spreadsheetId, version}.
 */

const SECONDS_TO_WAIT = 15; // Google waits six minutes, which would use up a day's runtime

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
    if (!/permission/i.test(message_(error))) throw error;
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
  const text = PropertiesService.getScriptProperties().getProperty('table.' + e.range.getSheet().getSheetId());
  if (text) nudge_(JSON.parse(text), e.range.getRow(), e.range.getLastRow());
}

/** onChange: rows or columns came, went or moved. Edits have their own trigger. */
function sheet24Changed(e) {
  if (!e || e.changeType === 'EDIT' || e.changeType === 'FORMAT' || e.source.getId() !== SHEET24.spreadsheetId) return;
  const all = PropertiesService.getScriptProperties().getProperties();
  Object.keys(all).filter((name) => name.startsWith('table.')).forEach((name) => nudge_(JSON.parse(all[name]), 0, 0));
}

/**
 * Names the rows from first to last, or with 0 the whole tab. Rows that could
 * not be sent are remembered and go along with the next edit.
 */
function nudge_(table, first, last) {
  const properties = PropertiesService.getScriptProperties();
  const name = 'unsent.' + table.gid;
  const unsent = properties.getProperty(name);
  let rows = { first: first, last: last };
  if (unsent) {
    const before = JSON.parse(unsent);
    const whole = !first || !before.first;
    rows = whole ? { first: 0, last: 0 } : { first: Math.min(first, before.first), last: Math.max(last, before.last) };
  }
  try {
    const answer = send_(table, rows.first ? { event: 'row_edited', row_id: rows.first, last_row_id: rows.last } : { event: 'structure_changed' });
    if (answer.getResponseCode() === 202) {
      if (unsent) properties.deleteProperty(name);
      return;
    }
    if (answer.getContentText().indexOf('"webhook_table"') >= 0) { // nobody follows this tab any more
      properties.deleteProperty(name);
      properties.deleteProperty('table.' + table.gid);
      return;
    }
  } catch (error) {
    console.warn(message_(error));
  }
  properties.setProperty(name, JSON.stringify(rows));
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
  return UrlFetchApp.fetch(url, { method: 'post', contentType: 'application/json', payload: body, headers: headers, muteHttpExceptions: true, timeoutSeconds: SECONDS_TO_WAIT });
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
