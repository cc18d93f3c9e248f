/**
 * sheet24 keeps this spreadsheet and Bitrix24 in step.
 *
 * This script only says which rows were edited; the server then reads them
 * itself. It holds no secret: the key that signs its messages is in the script
 * properties, which a copy of the spreadsheet does not carry along.
 *
 * SHEET24, in Config.gs, is {server, spreadsheetId, version}.
 */

var SECONDS_TO_WAIT = 15; // Google waits six minutes, which would use up a day's runtime

/** The web app: its user opens it once. It fetches the key and installs the triggers. */
function doGet(e) {
  try {
    ScriptApp.requireAllScopes(ScriptApp.AuthMode.FULL);
    var table = activate_(e.parameter.t);
    installTriggers_();
    var answer = send_(table, { event: 'ping' });
    if (answer !== 202) throw new Error('sheet24: HTTP ' + answer);
    return page_('✅ Webhook kuruldu!', 'Artık her düzenleme kendiliğinden Bitrix24\'e gider. · From now on each edit travels by itself.', table.page);
  } catch (error) {
    return page_('❌ Webhook kurulamadı', String(error && error.message || error));
  }
}

/** Trades the one-time token for the key of a tab. */
function activate_(token) {
  if (!token) throw new Error('Bağlantıda jeton yok; sheet24 sayfasındaki düğmeyle açın. · No token; use the button on sheet24\'s page.');
  var response = UrlFetchApp.fetch(SHEET24.server + '/api/v1/sheet-sync/activate', {
    method: 'post', contentType: 'application/json', muteHttpExceptions: true, timeoutSeconds: SECONDS_TO_WAIT,
    payload: JSON.stringify({ token: token, version: SHEET24.version })
  });
  var answer = JSON.parse(response.getContentText());
  if (response.getResponseCode() !== 200) throw new Error(answer.message);
  var table = { gid: answer.gid, key: answer.key, url: answer.webhook_url, page: answer.table_url };
  PropertiesService.getScriptProperties().setProperty('table.' + table.gid, JSON.stringify(table));
  return table;
}

/** Replaces this account's triggers, so that there is one of each. */
function installTriggers_() {
  ScriptApp.getProjectTriggers().forEach(function (trigger) { ScriptApp.deleteTrigger(trigger); });
  ScriptApp.newTrigger('sheet24Edited').forSpreadsheet(SHEET24.spreadsheetId).onEdit().create();
  ScriptApp.newTrigger('sheet24Changed').forSpreadsheet(SHEET24.spreadsheetId).onChange().create();
}

/** onEdit: cells were typed, pasted, filled or cleared. */
function sheet24Edited(e) {
  if (!e || !e.range || e.source.getId() !== SHEET24.spreadsheetId) return;
  var table = table_(e.range.getSheet().getSheetId());
  if (!table) return;
  nudge_(table, e.range.getRow(), e.range.getLastRow());
}

/** onChange: rows or columns came, went or moved. Edits have their own trigger. */
function sheet24Changed(e) {
  if (!e || e.changeType === 'EDIT' || e.changeType === 'FORMAT' || e.source.getId() !== SHEET24.spreadsheetId) return;
  var all = PropertiesService.getScriptProperties().getProperties();
  Object.keys(all).forEach(function (name) {
    if (name.indexOf('table.') === 0) nudge_(JSON.parse(all[name]), 0, 0);
  });
}

function table_(gid) {
  var text = PropertiesService.getScriptProperties().getProperty('table.' + gid);
  return text && JSON.parse(text);
}

/**
 * Names the rows from first to last, or with 0 the whole tab. Rows that could
 * not be sent are remembered and go along with the next edit.
 */
function nudge_(table, first, last) {
  var properties = PropertiesService.getScriptProperties();
  var name = 'unsent.' + table.gid;
  var unsent = properties.getProperty(name);
  if (unsent) {
    var rows = JSON.parse(unsent);
    var whole = !first || !rows.first;
    first = whole ? 0 : Math.min(first, rows.first);
    last = whole ? 0 : Math.max(last, rows.last);
  }
  var message = first ? { event: 'row_edited', row_id: first, last_row_id: last } : { event: 'structure_changed' };
  var status = 0;
  try {
    status = send_(table, message);
  } catch (error) {
    console.warn(String(error));
  }
  if (status === 202) {
    if (unsent) properties.deleteProperty(name);
  } else {
    properties.setProperty(name, JSON.stringify({ first: first, last: last }));
  }
}

/** Posts a signed message (standardwebhooks.com) and returns the HTTP status. */
function send_(table, message) {
  message.v = 1;
  message.sheet_id = SHEET24.spreadsheetId;
  message.gid = table.gid;
  var body = JSON.stringify(message);
  var id = Utilities.getUuid();
  var time = String(Math.floor(Date.now() / 1000));
  var signature = Utilities.computeHmacSha256Signature(
    Utilities.newBlob(id + '.' + time + '.' + body).getBytes(), Utilities.base64Decode(table.key));
  return UrlFetchApp.fetch(table.url, {
    method: 'post', contentType: 'application/json', payload: body, muteHttpExceptions: true, timeoutSeconds: SECONDS_TO_WAIT,
    headers: { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': 'v1,' + Utilities.base64Encode(signature) }
  }).getResponseCode();
}

function page_(title, text, link) {
  var escape = function (s) { return s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;'); };
  return HtmlService.createHtmlOutput(
    '<div style="font:16px/1.5 Poppins,sans-serif;text-align:center;margin-top:15vh"><h1>' + escape(title) + '</h1><p>' + escape(text) + '</p>' +
    (link ? '<p><a id="back" target="_top" href="' + escape(link) + '">sheet24</a></p>' : '') + '</div>'
  ).setTitle('sheet24');
}
